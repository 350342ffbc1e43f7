import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { execa } from "execa";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { PackedPackage } from "../../support/installed-package";
import { repositoryRoot } from "../../support/repository";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";

/** Exit status of each command: 2 says that a plan has changes. */
const STATUS: Readonly<Record<string, number>> = { plan: 2, promote: 2, rollback: 2 };

/** The commands of README's first project, in order, without comments. */
function commandsOfReadme(): string[] {
  const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
  const section = /^## Your first project\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? "";
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter(Boolean);
}

requires("terraform", "postgres")("the first project of README, from the packed tarball", () => {
  let packed: PackedPackage;
  let directory: string;
  let data: string | undefined;
  const commands = commandsOfReadme();

  beforeAll(async () => {
    packed = await PackedPackage.pack();
    directory = packed.path("shop");
  }, 120_000);
  afterAll(async () => {
    if (packed === undefined) return;
    await run("npm", ["run", "db:stop"]);
    // For root the data are outside of the project.
    if (data !== undefined) rmSync(data, { recursive: true, force: true });
    packed.remove();
  });

  const run = (command: string, args: readonly string[], cwd = directory) =>
    execa(command, args, {
      cwd,
      env: terraformEnvironment({
        PATH: process.env.PATH!,
        HOME: process.env.HOME!,
        npm_config_prefer_offline: "true",
      }),
      extendEnv: false,
      reject: false,
      all: true,
      stdin: "ignore",
    });

  it("ends with a migration that was promoted and rolled back, by the commands as they are printed", async () => {
    // GIVEN an empty folder
    const [make, init, ...others] = commands;
    expect(make).toBe("mkdir shop && cd shop");
    mkdirSync(directory);

    // WHEN npx gets the tarball, since the package is not in a registry
    expect(init).toBe("npx sterna init postgres");
    const made = await run("npx", ["--yes", "--package", packed.tarball, "sterna", "init", "postgres"]);
    expect([made.exitCode, made.all]).toEqual([0, expect.stringContaining("Next:")]);

    // THEN README has what init prints
    const printed = [...made.stdout.matchAll(/^ {2}(np[mx] .*?)(?: {2,}#.*)?$/gm)].map(([, command]) => command);
    expect(others).toEqual(printed);

    // AND each command ends as it should
    for (const command of others) {
      const [program, ...args] = command.split(" ");
      const { exitCode, all } = await run(program!, args);
      expect([command, exitCode, all]).toEqual([command, STATUS[args[1]!] ?? 0, expect.any(String)]);
      if (args[1] === "db:start") data = /, in (\/.*)\.$/m.exec(String(all))?.[1];
      if (args[1] === "promote") expect(all).toMatch(/1\. create-customers.*PROVEN/);
      if (command === "npx sterna status") {
        expect(all).toMatch(/shop +1\.1\.0 {2}2\/2 applied +1\.0\.0 {2}no steps +1\.0\.0 {2}no steps/);
      }
    }
    expect(statSync(join(directory, ".sterna/development.env")).mode & 0o777).toBe(0o600);
  }, 600_000);

  it("names a type error with its line before anything runs", async () => {
    // GIVEN a property that does not exist
    const file = join(directory, "migrations.ts");
    const source = readFileSync(file, "utf8");
    await execa("sed", ["-i", 's/down: "drop table customers"/dwon: "drop table customers"/', file]);
    expect(readFileSync(file, "utf8")).not.toBe(source);

    // WHEN
    const { exitCode, all } = await run("npx", ["sterna", "plan", "shop", "development"]);

    // THEN
    expect(exitCode).toBe(1);
    expect(all).toMatch(/migrations\.ts\(\d+,\d+\): error TS\d+: .*dwon/);
  }, 120_000);
});
