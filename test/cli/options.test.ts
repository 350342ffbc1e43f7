import { expect, it } from "@jest/globals";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS, withSubcommands } from "../../lib/cli/main";
import { scratchDirectory } from "../support/repository";

const allCommands = async () => {
  const made = await Promise.all(COMMANDS.map(async ({ load }) => (await load())(async () => undefined)));
  return made.flatMap(withSubcommands);
};

it("no option is taken by Node itself: Node 20 takes --env-file also behind the script", async () => {
  // GIVEN all options that Node and the command line share
  const help = execFileSync(process.execPath, ["--help"], { encoding: "utf8" });
  const ofNode = new Set([...(help.match(/--[a-z][a-z0-9-]*/g) ?? []), ...process.allowedNodeEnvironmentFlags]);
  expect(ofNode.size).toBeGreaterThan(100);
  const commands = await allCommands();
  const ours = new Set(commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])));
  expect(ours.size).toBeGreaterThan(20);
  const shared = [...ours].filter((name) => ofNode.has(name));

  // WHEN a script gets each of them
  const script = join(scratchDirectory("options"), "script.cjs");
  writeFileSync(script, "process.stdout.write(JSON.stringify(process.argv.slice(2)))");
  const run = (name: string) => spawnSync(process.execPath, [script, name, "value"], { encoding: "utf8" });

  // THEN
  expect(shared.map((name) => [name, run(name).stdout])).toEqual(
    shared.map((name) => [name, JSON.stringify([name, "value"])]),
  );
});

it("no option begins like --env-file, which Node 20 takes for its own", async () => {
  const commands = await allCommands();

  const options = commands.flatMap((command) => command.options.map(({ long }) => `${command.name()} ${long}`));

  expect(options).toContain("run --variables");
  expect(options.filter((option) => option.includes("--env-file"))).toEqual([]);
});
