import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gt } from "semver";
import { EnvironmentChain, Pins } from "../../lib/index";
import { readPins, triedPins, withPin, withRollout, writePins } from "../../lib/manifest/pins-file";
import { Rollout } from "../../lib/manifest/rollout";
import { errorOf, temporaryDirectory } from "../support/system-stack";

const directory = temporaryDirectory();
const file = join(directory, "releases.json");
const environments = new EnvironmentChain([{ name: "development" }, { name: "staging" }, { name: "production" }]);
const options = { systems: ["shop"], environments };
const fromFile = (content: unknown) => {
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return Pins.fromFile(file, options);
};

test("says which release a system runs in an environment", () => {
  // WHEN
  const pins = fromFile({ shop: { development: "1.1.0", staging: "1.0.0", production: "0.1.0-beta" } });
  // THEN
  expect(pins.of("shop", "development")).toBe("1.1.0");
  expect(pins.of("shop", environments.get("production"))).toBe("0.1.0-beta");
});

const all = (release: string) => ({ development: release, staging: release, production: release });

test.each([
  ["is not JSON", '{\n  "shop": { "staging": "1.0.0", }\n}', "FileNotJson", /releases\.json:2:33 /],
  [
    "names an unknown system",
    { shop: all("1.0.0"), shoop: all("1.0.0") },
    "UnknownSystem",
    /the system "shoop"; the app has shop$/,
  ],
  [
    "names an unknown environment",
    { shop: { ...all("1.0.0"), prod: "1.0.0" } },
    "UnknownEnvironment",
    /the environment "prod"; there are development, staging, production$/,
  ],
  [
    "has no pin for an environment",
    { shop: { development: "1.0.0", production: "1.0.0" } },
    "MissingPin",
    /add "staging": "<release>" under "shop"$/,
  ],
  ["has no pin for a system", {}, "MissingPin", /does not pin shop in development/],
  ["has a range", { shop: all("^1.0.0") }, "InvalidPins", /shop\.development: must be a semantic version/],
  ["has a leading v", { shop: all("v1.0.0") }, "InvalidPins", /shop\.development: must be a semantic version/],
  ["is a list", [], "InvalidPins", /at the top: /],
  [
    "skips an environment",
    { shop: { development: "1.1.0", staging: "1.0.0", production: "1.1.0" } },
    "PinSkipsEnvironment",
    /production to 1\.1\.0, which staging \(1\.0\.0\) does not run yet; promote it to staging first/,
  ],
  [
    "puts a release before its candidate",
    { shop: { development: "1.0.0-rc.1", staging: "1.0.0", production: "1.0.0" } },
    "PinSkipsEnvironment",
    /staging to 1\.0\.0, which development \(1\.0\.0-rc\.1\)/,
  ],
])("a file that %s is refused", (_what, content, code, message) => {
  // WHEN
  const error = errorOf(() => fromFile(content));
  // THEN
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test("pins are accepted exactly when no environment is ahead of the one before it", () => {
  const release = fc.constantFrom("0.1.0-beta", "0.9.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0");
  fc.assert(
    fc.property(release, release, release, (development, staging, production) => {
      // GIVEN
      const table = { shop: { development, staging, production } };
      const skips = gt(staging, development) || gt(production, staging);
      // THEN
      if (skips) expect(errorOf(() => new Pins(table, options)).code).toBe("PinSkipsEnvironment");
      else expect(new Pins(table, options).of("shop", "production")).toBe(production);
    }),
  );
});

test("changing one pin changes one line of the file", () => {
  // GIVEN
  writeFileSync(
    file,
    '{\n  "$schema": "./schemas/releases.schema.json",\n  "shop": {\n    "development": "1.0.0",\n    "staging": "0.1.0"\n  }\n}\n',
  );
  const before = readFileSync(file, "utf8");
  // WHEN
  writePins(file, withPin(readPins(file), "shop", "staging", "1.0.0"));
  // THEN
  expect(readFileSync(file, "utf8")).toBe(before.replace('"staging": "0.1.0"', '"staging": "1.0.0"'));
  expect(readdirSync(directory)).toEqual(["releases.json"]);
});

test("a pin can be added, and the content it was added to stays as it was", () => {
  // GIVEN
  const content = { pins: { shop: { development: "1.0.0" } }, rollouts: {} };
  // WHEN
  const changed = withPin(withPin(content, "shop", "staging", "1.0.0"), "wiki", "development", "2.0.0");
  // THEN
  expect(changed.pins).toEqual({ shop: { development: "1.0.0", staging: "1.0.0" }, wiki: { development: "2.0.0" } });
  expect(content).toEqual({ pins: { shop: { development: "1.0.0" } }, rollouts: {} });
});

test("what is no release cannot be pinned", () => {
  expect(errorOf(() => withPin({ pins: {}, rollouts: {} }, "shop", "staging", "latest"))).toMatchObject({
    code: "InvalidRelease",
    message: expect.stringMatching(/cannot pin shop in staging to "latest"/),
  });
});

test("a file that cannot be written is reported, and nothing is left behind", () => {
  // GIVEN a directory in the place of the file
  const before = readdirSync(directory);
  // THEN
  expect(errorOf(() => writePins(directory, { pins: {}, rollouts: {} })).code).toBe("FileUnwritable");
  expect(errorOf(() => writePins(join(directory, "no", "releases.json"), { pins: {}, rollouts: {} })).code).toBe(
    "FileUnwritable",
  );
  expect(readdirSync(directory)).toEqual(before);
});

test("what is written is read back the same", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
  const release = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((numbers) => numbers.join("."));
  const pins = fc.dictionary(name, fc.dictionary(name, release, { noNullPrototype: true }), { noNullPrototype: true });
  fc.assert(
    fc.property(pins, (table) => {
      writePins(file, { pins: table, rollouts: {} });
      expect(readPins(file)).toEqual({ pins: table, rollouts: {} });
    }),
    { numRuns: 50 },
  );
});

test("a rollout stands beside the pin, survives a change of the pin, and is read back", () => {
  // GIVEN
  const rollout = Rollout.steady("blue", "1.0.0").prewarm("1.1.0");
  const content = { pins: { shop: { staging: "1.1.0", production: "1.1.0" } }, rollouts: {} };

  // WHEN
  writePins(file, withPin(withRollout(content, "shop", "production", rollout.state), "shop", "production", "1.2.0"));

  // THEN
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    shop: { staging: "1.1.0", production: { release: "1.2.0", rollout: rollout.state } },
  });
  expect(readPins(file).pins.shop).toEqual({ staging: "1.1.0", production: "1.2.0" });
  expect(readPins(file).rollouts.shop).toEqual({ production: rollout.state });
});

test("a rollout that contradicts itself is refused where it stands", () => {
  // GIVEN
  const rollout = { phase: "prewarm", live: "blue", releases: { blue: "1.0.0" } };
  writeFileSync(file, JSON.stringify({ shop: { production: { release: "1.0.0", rollout } } }));

  // WHEN
  const error = errorOf(() => readPins(file));

  // THEN
  expect(error.code).toBe("InvalidPins");
  expect(error.message).toContain("shop.production");
  expect(error.message).toContain("rollout.releases.green");
});

describe("pins that are tried", () => {
  const before = process.env.STERNA_PINS;
  afterEach(() => {
    if (before === undefined) delete process.env.STERNA_PINS;
    else process.env.STERNA_PINS = before;
  });
  const content = { pins: { shop: { development: "2.0.0", staging: "1.0.0", production: "1.0.0" } }, rollouts: {} };
  const pinned = () => {
    const pins = Pins.fromFile(file, options);
    return options.environments.names.map((name) => pins.of("shop", name));
  };

  test("are taken in place of what the file holds", () => {
    // GIVEN
    writePins(file, { pins: { shop: { development: "1.0.0", staging: "1.0.0", production: "1.0.0" } }, rollouts: {} });
    process.env.STERNA_PINS = triedPins(file, content);
    // THEN
    expect(pinned()).toEqual(["2.0.0", "1.0.0", "1.0.0"]);
  });

  test("of another file are left alone", () => {
    // GIVEN
    writePins(file, { pins: { shop: { development: "1.0.0", staging: "1.0.0", production: "1.0.0" } }, rollouts: {} });
    process.env.STERNA_PINS = triedPins(join(directory, "others.json"), content);
    // THEN
    expect(pinned()).toEqual(["1.0.0", "1.0.0", "1.0.0"]);
  });

  test.each(["{", "{}", '{"file":"x","content":{"shop":{"development":"latest"}}}'])(
    "that are none are refused: %s",
    (text) => {
      process.env.STERNA_PINS = text;
      expect(errorOf(() => Pins.fromFile(file, options))).toMatchObject({
        code: "InvalidPins",
        message: expect.stringContaining("STERNA_PINS is invalid; only sterna sets it"),
      });
    },
  );
});

test("a link to the pins stays a link, and the file keeps its permissions", () => {
  // GIVEN
  const link = join(directory, "link.json");
  writePins(file, { pins: {}, rollouts: {} });
  chmodSync(file, 0o640);
  symlinkSync(file, link);
  // WHEN
  writePins(link, { pins: { shop: { development: "1.0.0" } }, rollouts: {} });
  // THEN
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readPins(file).pins).toEqual({ shop: { development: "1.0.0" } });
  expect(statSync(file).mode & 0o777).toBe(0o640);
  rmSync(link);
});
