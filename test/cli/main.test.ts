import { describe, expect, it } from "@jest/globals";
import { COMMANDS, HABITS } from "../../lib/cli/main";
import { scratchRoot } from "../support/repository";
import { runCli } from "./run-cli";

const nothing = async () => undefined;

describe("the list of commands", () => {
  it.each(COMMANDS)("says of $usage what the command says of itself", async ({ usage, description, load }) => {
    // WHEN
    const command = (await load())(nothing);

    // THEN
    expect(command.description()).toBe(description);
    expect(command.createHelp().subcommandTerm(command)).toBe(usage);
  });

  it("is shown with descriptions by --help, and the command's own options by its own", async () => {
    // WHEN
    const list = await runCli(scratchRoot, ["--help"]);
    const own = await runCli(scratchRoot, ["plan", "--help"]);
    const asked = await runCli(scratchRoot, ["help", "plan"]);

    // THEN
    expect([list.status, own.status, asked.status]).toEqual([0, 0, 0]);
    for (const { usage } of COMMANDS) expect(list.stdout).toContain(`  ${usage}`);
    expect(list.stdout).toContain("show what an apply would do, and save the plan for it");
    expect(own.stdout).toContain("--format <format>");
    expect(asked.stdout).toBe(own.stdout);
  });

  it("knows no other, and says which one may be meant", async () => {
    const { status, stderr } = await runCli(scratchRoot, ["pan"]);

    expect(status).toBe(1);
    expect(stderr).toContain("Did you mean plan?");
  });

  it.each([
    ["diff", "sterna plan <system> <environment>"],
    ["destroy", "sterna rollback <system> <environment> --to <release>"],
    ["logs", "sterna status --follow"],
    ["log", "sterna history"],
    ["lint", "sterna validate"],
    ["drift", "sterna verify <system> <environment>"],
    ["up", "sterna plan <system> <environment>"],
    ["new", "sterna init"],
  ])("says what does the same here as %s of other tools", async (habit, command) => {
    const { status, stdout, stderr } = await runCli(scratchRoot, [habit, "shop"]);

    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`error: there is no command "${habit}"; use ${command}`);
  });

  it("names only commands that exist as replacements of others", async () => {
    const names = COMMANDS.map(({ usage }) => usage.split(" ")[0]!);
    const replacements = Object.values(HABITS).flatMap((text) => text.match(/(?<=sterna )\w+/g) ?? []);

    expect(Object.keys(HABITS).filter((habit) => names.includes(habit))).toEqual([]);
    expect(replacements.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each([
    [["plan", "--json"], "missing required argument 'system'"],
    [["status", "--nonsense", "--json"], "unknown option '--nonsense'"],
    [["pan", "--json"], "unknown command 'pan'"],
    [["diff", "--json"], 'there is no command "diff"'],
    [["rollback", "shop", "staging", "--json"], "required option '--to <release>' not specified"],
    [["status", "--fail-on", "sad", "--json"], '"sad" is not a state'],
    [["init", "mysql", "--json"], "postgres, import, aws, google, redis"],
  ])("reports the wrong command line %j as JSON", async (args, message) => {
    // WHEN
    const run = await runCli(scratchRoot, args);

    // THEN
    expect(run.status).toBe(1);
    expect(run.json()).toEqual({ error: { code: "InvalidUsage", message: expect.stringContaining(message) } });
    expect(run.stderr).toContain(message);
  });

  it("leaves --json of another program to that program", async () => {
    const { stdout } = await runCli(scratchRoot, ["secrets", "run", "--nonsense", "--", "make", "--json"]);

    expect(stdout).toBe("");
  });

  it("prints versions for a bug report", async () => {
    const run = await runCli(scratchRoot, ["version", "--json"]);

    expect(run.json()).toEqual({
      sterna: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.versions.node,
      terraform: null,
      platform: `${process.platform}-${process.arch}`,
    });
  });
});
