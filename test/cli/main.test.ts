import { describe, expect, it } from "@jest/globals";
import { COMMANDS } from "../../lib/cli/main";
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
});
