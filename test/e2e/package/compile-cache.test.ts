import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execa, type Options } from "execa";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";
import { repositoryRoot, scratchDirectory } from "../../support/repository";
import { unpackProvider } from "../../support/step-configuration";

const COMMAND_LINE = join(repositoryRoot, "dist/bin/sterna.js");
const SOMEBODY_ELSE = 65534;
const CACHE_FOLDER = /^[0-9a-f]{16}-node-v/;

/** Prints, as the last line of the standard error, what a process loaded and which bytecode its engine took. */
const PROBE = `
const vm = require("node:vm");
const scripts = [];
vm.Script = class extends vm.Script {
  constructor(code, options) {
    super(code, options);
    const used = options.cachedData !== undefined && this.cachedDataRejected === false;
    scripts.push([require("node:path").basename(options.filename), used]);
  }
};
process.on("exit", () => {
  const loaded = Object.keys(require.cache).map((file) => require("node:path").basename(file));
  require("node:fs").writeSync(2, "\\n" + JSON.stringify({ scripts: Object.fromEntries(scripts), loaded }));
});
`;

/** The content with other bytes near its end, in the bytecode of a file. */
function withDamage(content: Buffer): Buffer {
  return content.fill(7, content.length - 200, content.length - 100);
}

interface Probed {
  /** Whether each file that was compiled came from the cache. */
  readonly scripts: Readonly<Record<string, boolean>>;
  readonly loaded: readonly string[];
}

// Since 22.1, Node.js keeps the bytecode itself, in the folder that it is given.
const onOwnCache = "enableCompileCache" in nodeModule ? describe.skip : describe;

describe("the cache of bytecode", () => {
  let directory: string;
  let caches: string;

  beforeEach(() => {
    directory = scratchDirectory("compile-cache");
    caches = join(directory, "caches");
    writeFileSync(join(directory, "probe.cjs"), PROBE);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  async function start(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = { XDG_CACHE_HOME: caches },
    options: Options = {},
  ) {
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      ["--require", join(directory, "probe.cjs"), ...args],
      { cwd: directory, env: { PATH: process.env.PATH, ...environment }, extendEnv: false, reject: false, ...options },
    );
    const { scripts, loaded } = JSON.parse(String(stderr).split("\n").at(-1)!) as Probed;
    return { exitCode, stdout: String(stdout), scripts, loaded };
  }
  const version = (environment?: NodeJS.ProcessEnv) => start([COMMAND_LINE, "--version"], environment);

  const sterna = () => join(caches, "sterna");
  const folder = () => join(sterna(), readdirSync(sterna())[0]!);
  /** The files below the folder, by name. */
  const cached = () =>
    readdirSync(folder(), { recursive: true, encoding: "utf8" })
      .map((name) => join(folder(), name))
      .filter((path) => statSync(path).isFile());
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it("is in a folder of the user alone, and is written once", async () => {
    // WHEN
    const first = await version();
    const written = cached().map((path) => [path, readFileSync(path).toString("base64"), statSync(path).mtimeMs]);
    const second = await version();

    // THEN
    expect(first.exitCode).toBe(0);
    expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(written).not.toEqual([]);
    expect(cached().map((path) => [path, readFileSync(path).toString("base64"), statSync(path).mtimeMs])).toEqual(
      written,
    );
    expect([sterna(), folder()].map(modeOf)).toEqual([0o700, 0o700]);
  });

  it("is not kept with NODE_DISABLE_COMPILE_CACHE, nor without a home, nor in one that is no folder", async () => {
    // GIVEN
    const file = join(directory, "file");
    writeFileSync(file, "");

    // WHEN
    const disabled = await version({ XDG_CACHE_HOME: caches, NODE_DISABLE_COMPILE_CACHE: "1" });
    const homeless = await version({});
    const relative = await version({ XDG_CACHE_HOME: "caches", HOME: "home" });
    const broken = await version({ HOME: file });

    // THEN
    for (const { exitCode, stdout } of [disabled, homeless, relative, broken]) {
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
    }
    expect(readdirSync(directory).sort()).toEqual(["file", "probe.cjs"]);
  });

  it("is below HOME where XDG_CACHE_HOME is not set", async () => {
    // WHEN
    await version({ HOME: directory });

    // THEN
    expect(readdirSync(join(directory, ".cache/sterna"))).toHaveLength(1);
  });

  it("neither reads nor writes a folder that others can write", async () => {
    // GIVEN
    await version();
    for (const path of cached()) writeFileSync(path, "planted");
    for (const open of [sterna, folder]) {
      chmodSync(open(), 0o777);

      // WHEN
      const { exitCode, scripts } = await version();

      // THEN
      expect(exitCode).toBe(0);
      expect(scripts).toEqual({});
      expect(cached().map((path) => readFileSync(path, "utf8"))).toEqual(cached().map(() => "planted"));
      chmodSync(open(), 0o700);
    }
  });

  (process.getuid?.() === 0 ? it : it.skip)("neither reads nor writes a folder of another user", async () => {
    // GIVEN
    await version();
    for (const path of cached()) writeFileSync(path, "planted");
    chownSync(folder(), SOMEBODY_ELSE, SOMEBODY_ELSE);

    // WHEN
    const { exitCode, scripts } = await version();

    // THEN
    expect(exitCode).toBe(0);
    expect(scripts).toEqual({});
    expect(cached().map((path) => readFileSync(path, "utf8"))).toEqual(cached().map(() => "planted"));
  });

  it("keeps the newest folders of other builds", async () => {
    // GIVEN
    const names = Array.from({ length: 12 }, (_, index) => `${String(index).padStart(16, "0")}-node-v20.0.0-x64`);
    for (const [index, name] of names.entries()) {
      mkdirSync(join(sterna(), name), { recursive: true, mode: 0o700 });
      utimesSync(join(sterna(), name), index, index);
    }
    mkdirSync(join(sterna(), "something-else"));
    for (const path of [caches, sterna()]) chmodSync(path, 0o700);

    // WHEN
    await version();

    // THEN
    const kept = readdirSync(sterna()).sort();
    expect(kept).toHaveLength(9);
    expect(kept).toEqual(expect.arrayContaining([...names.slice(-7), "something-else"]));
    expect(kept.filter((name) => CACHE_FOLDER.test(name) && !names.includes(name))).toHaveLength(1);
  });

  it("is left in one piece by processes that start at once", async () => {
    // WHEN
    const started = await Promise.all([version(), version(), version(), version()]);

    // THEN
    expect(started.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(cached().filter((path) => path.endsWith(".draft"))).toEqual([]);
    expect((await version()).exitCode).toBe(0);
  });

  onOwnCache("of a Node.js that has none", () => {
    it("is used by the second start of a command", async () => {
      // WHEN
      const first = await version();
      const second = await version();
      const other = await start([COMMAND_LINE, "plan", "--help"]);

      // THEN
      expect(Object.keys(first.scripts)).toEqual(expect.arrayContaining(["cli.js", "commander.js"]));
      expect(new Set(Object.values(first.scripts))).toEqual(new Set([false]));
      expect(second.scripts).toEqual(Object.fromEntries(Object.keys(first.scripts).map((name) => [name, true])));
      // A command needs other functions of the same files.
      expect(other.scripts["cli.js"]).toBe(false);
    });

    it("is used by the second start of the provider, and by that of a runner, which does not load gRPC", async () => {
      // GIVEN
      unpackProvider(join(directory, "provider"));
      const engine = join(directory, "provider/engine.cjs");
      const serve = () => start([engine]);
      const run = () => start([engine, "run-steps"], undefined, { input: "" });

      // WHEN
      const started = [await serve(), await serve(), await run(), await run()];

      // THEN
      expect(started.map(({ scripts }) => scripts["sterna.cjs"])).toEqual([false, true, false, true]);
      for (const { loaded } of started) expect(loaded).not.toContain("grpc-grpc-js.cjs");
    });

    it.each([
      ["is damaged", (path: string) => writeFileSync(path, withDamage(readFileSync(path)))],
      ["is cut short", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -100))],
      ["is empty", (path: string) => writeFileSync(path, "")],
      ["lists something else", (path: string) => writeFileSync(path, '[[1,"x"],null]\nbytes')],
    ])("is written again where it %s", async (_, damage) => {
      // GIVEN
      await version();
      const [path] = cached() as [string];
      damage(path);

      // WHEN
      const damaged = await version();
      const next = await version();

      // THEN
      expect(damaged.exitCode).toBe(0);
      expect(Object.values(damaged.scripts)).toContain(false);
      expect(next.exitCode).toBe(0);
      expect(new Set(Object.values(next.scripts))).toEqual(new Set([true]));
    });

    it.each([
      ["others can write", (path: string) => chmodSync(path, 0o622)],
      ...(process.getuid?.() === 0
        ? [["belongs to another user", (path: string) => chownSync(path, SOMEBODY_ELSE, SOMEBODY_ELSE)] as const]
        : []),
    ] as const)("replaces a file that %s, unread", async (_, open) => {
      // GIVEN
      await version();
      const [path] = cached() as [string];
      open(path);

      // WHEN
      const { exitCode, scripts } = await version();

      // THEN
      expect(exitCode).toBe(0);
      expect(new Set(Object.values(scripts))).toEqual(new Set([false]));
      expect(modeOf(path)).toBe(0o600);
      expect(statSync(path).uid).toBe(process.getuid?.());
    });

    it("is not used for a file that was changed since, by as many bytes", async () => {
      // GIVEN
      unpackProvider(join(directory, "provider"));
      const engine = join(directory, "provider/engine.cjs");
      const before = await start([engine]);
      const file = join(directory, "provider/sterna.cjs");
      writeFileSync(
        file,
        readFileSync(file, "utf8").replaceAll("This is a Terraform provider", "That is a Terraform provider"),
      );

      // WHEN
      const after = await start([engine]);

      // THEN
      expect(before.stdout).toContain("This is a Terraform provider");
      expect(after.stdout).toContain("That is a Terraform provider");
    });
  });

  it("is no part of the provider's own folder, whose content Terraform locks", async () => {
    // GIVEN
    const provider = join(directory, "provider");
    unpackProvider(provider);
    const before = readdirSync(provider);

    // WHEN
    await start([join(provider, "engine.cjs")]);

    // THEN
    expect(readdirSync(provider)).toEqual(before);
    expect(existsSync(sterna())).toBe(true);
  });
});
