import type { CheckResult } from "../../manifest/step-checks";
import type { Command } from "commander";
import { type Verdict, type Verification, verify } from "../../toolkit/verify";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

export function verifyCommand(run: CommandRunner): Command {
  const examples = {
    "sterna verify app-ef production": "whether everything that was applied still holds",
    "sterna verify app-ef production --json": "for a monitor; exit status 1 on drift",
  };
  const head = ["verify", "run the verify queries of all applied steps again; changes nothing", examples] as const;
  return stackCommand<CommonOptions>(run, [...head], async (stack, _options, { terminal, toolkit }) => {
    const verification = await verify(toolkit, stack);
    terminal.printJson(verification);
    terminal.print(verificationText(verification, terminal.colors));
    return verification.holds ? EXIT_STATUS.done : EXIT_STATUS.error;
  });
}

/** Remarks on steps that were not queried. */
const REMARKS: Partial<Record<Verdict, (status: string) => string>> = {
  superseded: () => ", a later step changed it and is asked in its place",
  skipped: (status) => `, ${status}: not asked`,
};

/** A verification, for display: one line for each step that holds, and the expected answers for the others. */
function verificationText(
  { system, environment, steps }: Verification,
  { bold, dim, green, red, yellow }: Terminal["colors"],
): string {
  const signs: Record<Verdict, string> = {
    holds: green("✓"),
    drift: red("✗"),
    unanswered: red("?"),
    superseded: dim("="),
    skipped: yellow("–"),
  };
  const lines = steps.flatMap(({ id, title, release, status, verdict, checks, error }) => [
    `  ${signs[verdict]} ${id}  ${title} ${dim(`(${release}${REMARKS[verdict]?.(status) ?? ""})`)}`,
    ...checks.filter(({ expected, actual }) => expected !== actual).flatMap(describeCheck),
    ...(error === undefined ? [] : [indent(`cannot be asked: ${error}`)]),
  ]);
  const count = (verdict: Verdict): number => steps.filter((step) => step.verdict === verdict).length;
  const others = (["drift", "unanswered", "superseded", "skipped"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `, ${count(verdict)} ${verdict}`);
  const asked = steps.length - count("skipped") - count("superseded");
  return [
    bold(`${system} in ${environment}`),
    ...lines,
    asked === 0 && others.length === 0
      ? "No steps are applied."
      : `${count("holds")} of ${asked} steps hold${others.join("")}.`,
  ].join("\n");
}

function describeCheck({ query, expected, actual }: CheckResult): string[] {
  return [indent(query), indent(`  expected: ${expected}`), indent(`  actual:   ${actual}`)];
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}
