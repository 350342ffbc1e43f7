import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parse } from "yaml";
import { writeProject } from "../../lib/cli/project/write-project";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { execa } from "execa";
import { runCli } from "./run-cli";
import { isFull } from "../support/sample";

describe("sterna init", () => {
  let directory: string;
  beforeEach(() => {
    directory = join(scratchDirectory("init"), "Shop 2");
    mkdirSync(directory);
  });
  afterEach(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

  const init = (...args: string[]) => runCli(directory, ["init", ...args]);
  const path = (name: string) => join(directory, name);
  const read = (name: string) => readFileSync(path(name), "utf8");
  const json = (name: string) => JSON.parse(read(name)) as Record<string, unknown>;

  it("writes a project whose secrets only their owner can read, and that git ignores", async () => {
    // WHEN
    const run = await init("postgres", "--json");

    // THEN
    expect(run.status).toBe(0);
    expect(run.json()).toMatchObject({ system: "shop-2", template: "postgres", next: expect.any(Array) });
    expect(json("releases.json")).toMatchObject({
      "shop-2": { development: "1.1.0", staging: "1.0.0", production: "1.0.0" },
    });
    for (const environment of ["development", "staging", "production"]) {
      expect(statSync(path(`.sterna/${environment}.env`)).mode & 0o777).toBe(0o600);
      expect(read(`.sterna/${environment}.env`)).toMatch(
        new RegExp(
          `^SHOP_2_DATABASE_URL=postgresql://postgres:[\\w-]{24}@127\\.0\\.0\\.1:\\d+/shop_2_${environment}$`,
          "m",
        ),
      );
    }
    expect(statSync(path(".sterna")).mode & 0o777).toBe(0o700);
    expect(read(".gitignore").split("\n")).toEqual(expect.arrayContaining([".sterna/", "node_modules/", "cdktf.out/"]));
    const { dependencies, devDependencies } = json("package.json") as Record<string, Record<string, string>>;
    const versions = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((version) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|file:.+)$/.test(version))).toEqual([]);
    expect(readdirSync(directory).filter((name) => name.startsWith(".sterna-init"))).toEqual([]);
  });

  // Each takes half a minute; `npm run test:full` tries them all.
  it.each(isFull ? ["postgres", "import", "aws", "google", "redis"] : ["postgres", "aws"])(
    "writes a project of template %s that type-checks, synthesizes and passes its tests",
    async (template) => {
      // GIVEN
      const options = ["--name", "web-shop", "--environments", "test,live"];
      if (template === "import") {
        mkdirSync(path("db"));
        writeFileSync(path("db/0001_a.up.sql"), "create table a (id int)");
        writeFileSync(path("db/0001_a.down.sql"), "drop table a");
        options.push("--migrations", "db", "--force");
      }
      expect((await init(template, ...options)).status).toBe(0);
      mkdirSync(path("node_modules"));
      symlinkSync(repositoryRoot, path("node_modules/sterna"));
      for (const name of ["cdktf", "constructs", "@cdktf", "@types", "tsx", "typescript"]) {
        symlinkSync(join(repositoryRoot, "node_modules", name), path(`node_modules/${name}`));
      }

      // WHEN
      const config = ts.parseJsonConfigFileContent(json("tsconfig.json"), ts.sys, directory);
      const program = ts.createProgram(config.fileNames, {
        ...config.options,
        incremental: false,
        tsBuildInfoFile: undefined,
      });
      const errors = ts
        .getPreEmitDiagnostics(program)
        .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
      const synth = await execa(process.execPath, ["--import", "tsx", "main.ts"], { cwd: directory, reject: false });
      const tests = await execa("npm", ["test"], { cwd: directory, reject: false, all: true });

      // THEN
      expect(errors).toEqual([]);
      expect([synth.exitCode, synth.stderr]).toEqual([0, ""]);
      expect(existsSync(path("cdktf.out/stacks/web-shop-live/cdk.tf.json"))).toBe(true);
      expect([tests.exitCode, tests.all]).toEqual([0, expect.stringMatching(/# fail 0/)]);
      expect(json("environments.json")).toMatchObject({
        environments: [{ name: "test" }, { name: "live", protected: true }],
      });
    },
    180_000,
  );

  it("puts state, ledger and records into a bucket, and writes the pipeline that this allows", async () => {
    // WHEN
    const bucket = ["--state", "s3://example-state", "--state-region", "eu-central-1"];
    const { status } = await init("redis", "--name", "shop", ...bucket, "--pipeline", "github");

    // THEN
    expect(status).toBe(0);
    expect(read("main.ts")).toContain('ledger: Ledger.s3({ bucketName: "example-state", region: "eu-central-1" }),');
    expect(read("main.ts")).toContain('keyPrefix: "sterna/states" }),');
    expect(json("environments.json")).toMatchObject({
      records: { kind: "s3", bucket: "example-state", region: "eu-central-1", prefix: "records/" },
    });
    expect(Object.keys((parse(read(".github/workflows/sterna-apply.yml")) as { jobs: object }).jobs)).toContain(
      "apply-shop-staging",
    );
  });

  it("refuses to import from a directory that does not exist, and writes nothing", async () => {
    const run = await init("import", "--json");

    expect(run.json()).toMatchObject({
      error: { code: "InvalidUsage", message: expect.stringContaining("--migrations") },
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("refuses a pipeline whose state would be lost with each checkout", async () => {
    const run = await init("redis", "--pipeline", "gitlab", "--json");

    expect(run.json()).toMatchObject({ error: { code: "InvalidUsage", message: expect.stringContaining("--state") } });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("changes nothing in a folder that holds files, and names them", async () => {
    // GIVEN
    writeFileSync(path("main.ts"), "mine");
    writeFileSync(path("notes.txt"), "mine");

    // WHEN
    const run = await init("postgres", "--json");

    // THEN
    expect(run.status).toBe(1);
    expect(run.json()).toMatchObject({
      error: {
        code: "FolderNotEmpty",
        message: expect.stringMatching(/main\.ts, notes\.txt.*main\.ts would be replaced/),
      },
    });
    expect(readdirSync(directory)).toEqual(["main.ts", "notes.txt"]);
    expect(read("main.ts")).toBe("mine");
  });

  it("keeps what package.json and .gitignore say, and other files with --force", async () => {
    // GIVEN
    const own = {
      name: "mine",
      version: "7.0.0",
      scripts: { start: "node ." },
      dependencies: { cdktf: "0.20.0", left: "1.0.0" },
    };
    writeFileSync(path("package.json"), JSON.stringify(own));
    writeFileSync(path(".gitignore"), "secret\n.sterna/\n");
    writeFileSync(path("notes.txt"), "mine");

    // WHEN
    expect((await init("redis", "--force")).status).toBe(0);

    // THEN
    expect(json("package.json")).toMatchObject({
      name: "mine",
      version: "7.0.0",
      scripts: { start: "node .", test: expect.any(String) },
      dependencies: { cdktf: "0.20.0", left: "1.0.0", constructs: expect.any(String) },
    });
    expect(read(".gitignore")).toMatch(/^secret\n\.sterna\/\nnode_modules\/\n/);
    expect(read(".gitignore").match(/\.sterna\//g)).toHaveLength(1);
    expect(read("notes.txt")).toBe("mine");
  });

  it("takes nothing for granted where nobody can be asked", async () => {
    expect((await init("--json")).json()).toMatchObject({
      error: { code: "InvalidUsage", message: expect.stringContaining("--yes") },
    });
    expect((await init("--yes")).status).toBe(0);
  });

  it.each([
    ["--name", "Shop!"],
    ["--environments", "development,development"],
    ["--environments", "development,,production"],
    ["--state", "https://example.org"],
  ])("refuses %s %s before it writes", async (option, value) => {
    const run = await init("postgres", option, value, "--json");

    expect(run.json()).toMatchObject({ error: { code: "InvalidUsage" } });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("takes everything back when a file cannot be written", () => {
    // GIVEN a file in the place of a folder
    writeFileSync(path("deep"), "mine");
    writeFileSync(path("a.txt"), "mine");
    const file = (name: string) => ({ path: name, text: "new", isPrivate: false });

    // WHEN
    const write = () => writeProject(directory, [file("a.txt"), file("folder/b.txt"), file("deep/c.txt")]);

    // THEN
    expect(write).toThrow(/was not written/);
    expect(readdirSync(directory)).toEqual(["a.txt", "deep"]);
    expect(read("a.txt")).toBe("mine");
  });
});
