import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { affectedStacks, changesSince } from "../../../lib/pipelines/affected";
import type { Project } from "../../../lib/toolkit/project/project";
import type { SynthesizedSystem } from "../../../lib/promotion/plan/synthesized-steps";
import { scratchDirectory } from "../../support/repository";

const PINS = { shop: { staging: "1.0.0", production: "1.0.0" }, cart: { staging: "1.0.0" } };
const SYSTEMS = [
  { system: "shop", environment: "staging", stack: "shop-staging" },
  { system: "shop", environment: "production", stack: "shop-production" },
  { system: "cart", environment: "staging", stack: "cart-staging" },
] as SynthesizedSystem[];
const ROLLOUT = { phase: "steady", live: "blue", releases: { blue: "1.0.0" } };
const ALL = SYSTEMS.map(({ stack }) => stack);

describe("the stacks that a change affects", () => {
  let top: string;
  let folder: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=ana", "-c", "user.email=ana@example.org", ...args], {
      cwd: top,
      stdio: ["ignore", "pipe", "ignore"],
    });
  const write = (name: string, content: unknown) => {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), typeof content === "string" ? content : JSON.stringify(content));
  };
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "change");
  };
  const affected = async (since = "HEAD~1") => {
    const directory = join(top, folder);
    const changes = await changesSince({ directory, pinsFile: join(directory, "releases.json") } as Project, since);
    return affectedStacks(SYSTEMS, changes).map(({ stack }) => stack);
  };
  beforeEach(() => {
    top = scratchDirectory("affected");
    folder = "infrastructure";
    git("init", "--quiet");
    write("infrastructure/releases.json", PINS);
    write("infrastructure/main.ts", "");
    commit();
  });
  afterEach(() => rmSync(top, { recursive: true }));

  it.each<[string, object, string[]]>([
    ["a raised pin", { ...PINS, shop: { ...PINS.shop, staging: "2.0.0" } }, ["shop-staging"]],
    ["a pin that came", { ...PINS, cart: {} }, ["cart-staging"]],
    ["a rollout", { ...PINS, cart: { staging: { release: "1.0.0", rollout: ROLLOUT } } }, ["cart-staging"]],
    ["another order", { cart: PINS.cart, shop: PINS.shop }, []],
  ])("are those whose entry changed, with %s in releases.json", async (_name, pins, stacks) => {
    write("infrastructure/releases.json", pins);
    commit();

    expect(await affected()).toEqual(stacks);
  });

  it.each([
    "infrastructure/main.ts",
    "infrastructure/environments.json",
    "infrastructure/waivers.json",
    "package-lock.json",
  ])("are all when %s changes", async (name) => {
    write(name, "{}");
    write("infrastructure/releases.json", { ...PINS, cart: { staging: "2.0.0" } });
    commit();

    expect(await affected()).toEqual(ALL);
  });

  it.each([
    "infrastructure/evidence/shop/staging/load.json",
    "infrastructure/README.md",
    "docs/a.md",
    ".github/workflows/a.yml",
  ])("are none when only %s changes, which no stack is made from", async (name) => {
    write(name, "{}");
    commit();

    expect(await affected()).toEqual([]);
  });

  it("are all when a project changes that lies below docs/", async () => {
    folder = "docs/example";
    write("docs/example/releases.json", PINS);
    commit();
    write("docs/example/main.ts", "changed");
    commit();

    expect(await affected()).toEqual(ALL);
  });

  it.each(["0000000000000000000000000000000000000000", "no-such-branch", "--output=/tmp/x"])(
    "are all since %s, which is no commit here",
    async (since) => {
      expect(await affected(since)).toEqual(ALL);
    },
  );

  it("are all when releases.json was not readable before", async () => {
    write("infrastructure/releases.json", "{");
    commit();
    write("infrastructure/releases.json", PINS);
    commit();

    expect(await affected()).toEqual(ALL);
  });
});
