import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "@jest/globals";
import { parse } from "dotenv";
import fc from "fast-check";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { joinUrl, splitUrl, type UrlParts } from "../../lib/cli/env/variable-map";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { runCli } from "./run-cli";

describe("sterna env migrate", () => {
  let scratch: string;
  let directory: string;

  beforeAll(() => {
    scratch = scratchDirectory("env-migrate");
  });
  beforeEach(() => {
    directory = mkdtempSync(join(scratch, "case-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const given = (env: string, map: object) => (write(".env.old", env), write("map.json", JSON.stringify(map)));
  const migrate = (...args: string[]) =>
    runCli(directory, ["env", "migrate", ".env.old", ".env.new", "--map", "map.json", ...args]);
  const written = () => parse(readFileSync(join(directory, ".env.new")));

  const R3MES = {
    rename: {
      OLD_DB_URL: "DATABASE_URL",
      OLD_REDIS_URL: "REDIS_URL",
      OLD_NODE_URL: "R3MES_NODE_GRPC_URL",
      OLD_BACKEND_URL: "R3MES_BACKEND_URL",
      OLD_CORS_ORIGINS: "CORS_ALLOWED_ORIGINS",
    },
  };

  it("does the renames of the R3MES guide, keeps the rest, and shows no value", async () => {
    // GIVEN
    const values = Object.keys(R3MES.rename).map((name, index) => [name, `value-${index}`]);
    given([...values, ["OTHER", "value-kept"]].map((pair) => pair.join("=")).join("\n"), R3MES);

    // WHEN it is shown
    const shown = await migrate();
    // THEN nothing is written
    expect([shown.status, existsSync(join(directory, ".env.new"))]).toEqual([2, false]);
    expect(shown.stdout).toContain("OLD_DB_URL → DATABASE_URL");

    // WHEN it is applied
    const applied = await migrate("--apply");
    // THEN
    expect(applied.status).toBe(0);
    const renamed = Object.values(R3MES.rename).map((name, index) => [name, `value-${index}`]);
    expect(written()).toEqual({ ...Object.fromEntries(renamed), OTHER: "value-kept" });
    expect(statSync(join(directory, ".env.new")).mode & 0o777).toBe(0o600);
    expect([shown, applied].map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain("value-");

    // WHEN it is done again
    const again = await migrate();
    // THEN there is nothing to do
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining("nothing to do")]);
  });

  const ARGUS = {
    join: {
      INFLUXDB_URL: {
        protocol: "http",
        parts: { hostname: "INFLUX_HOST", port: "INFLUX_PORT" },
        defaults: { port: "8086" },
      },
    },
    rename: { INFLUX_DB: "INFLUXDB_BUCKET" },
    set: { INFLUXDB_ORG: "argus" },
    remove: ["LEGACY"],
  };

  it("joins host and port into the URL of the Argus guide", async () => {
    given("INFLUX_HOST=influx\nINFLUX_DB=argus\nLEGACY=1\nKEPT=1\n", ARGUS);
    const { status, json } = await migrate("--apply", "--json");
    expect(status).toBe(0);
    expect(written()).toEqual({
      INFLUXDB_URL: "http://influx:8086",
      INFLUXDB_BUCKET: "argus",
      INFLUXDB_ORG: "argus",
      KEPT: "1",
    });
    expect(json()["changes"]).toEqual([
      { action: "rename", from: ["INFLUX_DB"], to: ["INFLUXDB_BUCKET"] },
      { action: "remove", from: ["LEGACY"], to: [] },
      { action: "keep", from: ["KEPT"], to: ["KEPT"] },
      { action: "join", from: ["INFLUX_HOST"], to: ["INFLUXDB_URL"] },
      { action: "set", from: [], to: ["INFLUXDB_ORG"] },
    ]);
  });

  it("leaves a file alone that was migrated before", async () => {
    const migrated = { INFLUXDB_URL: "http://influx:8086", INFLUXDB_BUCKET: "argus", INFLUXDB_ORG: "argus" };
    given(Object.entries(migrated).map((pair) => pair.join("=")).join("\n"), ARGUS); // prettier-ignore
    expect((await migrate("--apply")).status).toBe(0);
    expect(written()).toEqual(migrated);
  });

  const SPLIT = {
    split: {
      DATABASE_URL: {
        protocol: "postgresql",
        parts: { hostname: "DB_HOST", port: "DB_PORT", username: "DB_USER", password: "DB_PASSWORD", database: "DB" },
      },
    },
  };

  it("splits a URL into its parts, decoded", async () => {
    given("DATABASE_URL='postgresql://shop:p%40ss%23@db.example.org:5432/shop'\n", SPLIT);
    expect((await migrate("--apply")).status).toBe(0);
    expect(written()).toEqual({
      DB_HOST: "db.example.org",
      DB_PORT: "5432",
      DB_USER: "shop",
      DB_PASSWORD: "p@ss#",
      DB: "shop",
    });
  });

  it.each([
    ["a query", "postgresql://shop@db/shop?sslmode=require", SPLIT, /DATABASE_URL cannot be split/],
    ["another protocol", "mysql://shop@db/shop", SPLIT, /DATABASE_URL cannot be split/],
    [
      "a part that no variable takes",
      "postgresql://shop@db",
      { split: { DATABASE_URL: { protocol: "postgresql", parts: { hostname: "DB_HOST" } } } },
      /has a username, for which the map names no variable/,
    ],
  ])("refuses to split a URL with %s, rather than lose it", async (_what, url, map, message) => {
    given(`DATABASE_URL='${url}'\n`, map);
    const { status, stderr } = await migrate("--apply");
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect([stderr.includes("shop@"), existsSync(join(directory, ".env.new"))]).toEqual([false, false]);
  });

  it.each([
    ["renamed", "OLD_DB_URL=one\nDATABASE_URL=two\n", R3MES],
    ["joined", "INFLUX_HOST=one\nINFLUXDB_URL=http://two:8086\n", ARGUS],
    ["split", "DATABASE_URL=postgresql://one\nDB_HOST=two\n", SPLIT],
  ])("refuses another value under the new name: %s", async (_how, env, map) => {
    given(env, map);
    const { status, json } = await migrate("--apply", "--accept-traps", "--json");
    expect([status, json()]).toEqual([1, { error: expect.objectContaining({ code: "VariablesInvalid" }) }]);
  });

  it.each([
    ["no JSON", "{"],
    ["an unknown word", '{"renames": {}}'],
    ["no name", '{"rename": {"A": "B C"}}'],
    ["two names that become one", '{"rename": {"A": "C", "B": "C"}}'],
    ["a name that is renamed and removed", '{"rename": {"A": "B"}, "remove": ["A"]}'],
    ["a name that is set and made", '{"rename": {"A": "B"}, "set": {"B": "1"}}'],
    ["a join without a host", '{"join": {"URL": {"protocol": "http", "parts": {"port": "PORT"}}}}'],
  ])("refuses a map with %s", async (_what, map) => {
    given("A=1\n", {});
    write("map.json", map);
    const { status, stderr } = await migrate();
    expect([status, stderr]).toEqual([1, expect.stringContaining("error[VariableMapInvalid]")]);
  });

  it("names the lines that other readers read differently, and writes only when they are accepted", async () => {
    // GIVEN
    given("A=1\nSECRET=p$$a#hidden\nstray words\nA=2\n", {});
    // WHEN
    const refused = await migrate("--apply");
    // THEN
    expect(refused.status).toBe(3);
    expect(refused.stderr.split("\n").slice(0, 3)).toEqual([
      "trap .env.old:1: A defined again in line 4",
      "trap .env.old:2: SECRET $, # without quotes",
      "trap .env.old:3: defines nothing",
    ]);
    expect([refused.stderr.includes("hidden"), existsSync(join(directory, ".env.new"))]).toEqual([false, false]);
    // WHEN they are accepted
    expect((await migrate("--apply", "--accept-traps")).status).toBe(0);
    // THEN
    expect(written()).toEqual({ A: "2", SECRET: "p$$a" });
  });

  it("takes the map that the documentation shows", async () => {
    // GIVEN
    const page = readFileSync(join(repositoryRoot, "docs/cli.md"), "utf8");
    const map = /## env migrate[\s\S]*?```text\n([\s\S]*?)```/.exec(page)![1]!;
    given("INFLUX_HOST=influx\nINFLUX_DB=argus\nREDIS_URL=redis://:secret@cache:6379\n", JSON.parse(map) as object);
    // WHEN
    expect((await migrate("--apply")).status).toBe(0);
    // THEN
    expect(written()).toEqual({
      INFLUXDB_URL: "http://influx:8086",
      INFLUXDB_BUCKET: "argus",
      INFLUXDB_ORG: "argus",
      REDIS_HOST: "cache",
      REDIS_PORT: "6379",
      REDIS_PASSWORD: "secret",
    });
  });

  it("replaces no other file", async () => {
    given("A=1\n", {});
    write(".env.new", "A=other\n");
    const { status, stderr } = await migrate("--apply");
    expect([status, stderr]).toEqual([1, expect.stringContaining("error[TargetConflict]")]);
    expect(written()).toEqual({ A: "other" });
  });
});

describe("the parts of a URL", () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((value) => value.isWellFormed());
  const parts = fc.record(
    {
      hostname: fc.oneof(label, fc.ipV4(), fc.ipV6()),
      port: fc.integer({ min: 1, max: 65_535 }).map(String),
      username: text,
      password: text,
      database: text,
    },
    { requiredKeys: ["hostname"] },
  );

  test("come back from the URL they were joined into", () => {
    fc.assert(
      fc.property(parts, (given) => {
        const url = joinUrl("postgresql", given as UrlParts);
        expect(url && splitUrl("postgresql", url)).toEqual(given);
      }),
    );
  });

  test.each(["h/x", "h:1", "u@h", "h?q", "", "h h"])("the host name %j is refused", (hostname) => {
    expect(joinUrl("http", { hostname })).toBeUndefined();
  });

  test.each(["0", "65536", "x", " 80", "8e1"])("the port %j is refused", (port) => {
    expect(joinUrl("http", { hostname: "h", port })).toBeUndefined();
  });
});
