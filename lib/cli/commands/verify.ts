import type { Command } from "commander";
import { SternaError } from "../../core/errors";
import type { CheckResult } from "../../engine/step-kind";
import type { StepRecord } from "../../manifest/step-record";
import { readOwnLedgers, inStackOrder } from "../../toolkit/ledgers/system-status";
import { recoverPins } from "../../toolkit/project/change-pin";
import { openProject } from "../../toolkit/project/project";
import { findSystem } from "../../toolkit/project/stacks";
import { synthesize } from "../../toolkit/project/synthesize";
import { askStack } from "../../toolkit/stack-worker/ask-stack";
import type { StackAnswer } from "../../toolkit/stack-worker/messages";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

export function verifyCommand(run: CommandRunner): Command {
  return newCommand("verify", "ask the verify queries of all applied steps again; changes nothing", {
    "sterna verify app-ef production": "whether everything that was applied still holds",
    "sterna verify app-ef production --json": "for a monitor; exit status 1 on drift",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .action((system: string, environment: string, options: CommonOptions) =>
      run(options, async (context) => {
        const { surroundings, terminal } = context;
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const stack = findSystem(synthesis, system, environment);
        const { rows, unreadable } = await readOwnLedgers(project, stack, surroundings.environment);
        if (unreadable[0] !== undefined) {
          const message = `which steps are applied cannot be known, so nothing was verified: ${unreadable[0].message}`;
          throw new SternaError("LedgerUnreachable", message);
        }
        const all = inStackOrder(stack, [...rows.values()]);
        const applied = all.filter(({ status }) => status === "applied");
        const answers = await askStack(
          project,
          stack,
          { action: "verify", steps: applied },
          context,
          (id) => `asking ${id}…`,
        );

        const verification = toVerification(stack, all, answers);
        terminal.printJson(verification);
        terminal.print(verificationText(verification, terminal.colors));
        return verification.holds ? EXIT_STATUS.done : EXIT_STATUS.error;
      }),
    );
}

/**
 * - `holds`: each query gives the expected answer
 * - `drift`: at least one does not
 * - `unanswered`: a query could not be asked
 * - `skipped`: the step is not applied, so it has nothing to hold
 */
export type Verdict = "holds" | "drift" | "unanswered" | "skipped";

/** What a step's verify queries say now. */
export interface VerifiedStep {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly status: StepRecord["status"];
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
  readonly error?: string;
}

/** What the verify queries of a stack say now. */
export interface Verification {
  readonly system: string;
  readonly environment: string;
  /** Whether every applied step still holds. */
  readonly holds: boolean;
  readonly steps: readonly VerifiedStep[];
}

function toVerification(
  { system, environment }: Pick<Verification, "system" | "environment">,
  rows: readonly StepRecord[],
  answers: readonly StackAnswer[],
): Verification {
  const answerOf = new Map(answers.map((answer) => [answer.id, answer]));
  const steps = rows.map(({ id, title, release, status }): VerifiedStep => {
    const { checks = [], error } = answerOf.get(id) ?? {};
    const verdict = status === "applied" ? judge(checks, error) : "skipped";
    return { id, title, release, status, verdict, checks, ...(error === undefined ? {} : { error: error.message }) };
  });
  const holds = steps.every(({ verdict }) => verdict === "holds" || verdict === "skipped");
  return { system, environment, holds, steps };
}

function judge(checks: readonly CheckResult[], error: StackAnswer["error"]): Verdict {
  if (error !== undefined) return "unanswered";
  return checks.every(({ expected, actual }) => expected === actual) ? "holds" : "drift";
}

/** A verification for people: the steps that hold in a line each, the others with what was expected. */
function verificationText(
  { system, environment, steps }: Verification,
  { bold, dim, green, red, yellow }: Terminal["colors"],
): string {
  const signs: Record<Verdict, string> = {
    holds: green("✓"),
    drift: red("✗"),
    unanswered: red("?"),
    skipped: yellow("–"),
  };
  const lines = steps.flatMap(({ id, title, release, status, verdict, checks, error }) => [
    `  ${signs[verdict]} ${id}  ${title} ${dim(`(${release}${verdict === "skipped" ? `, ${status}: not asked` : ""})`)}`,
    ...checks.filter(({ expected, actual }) => expected !== actual).flatMap(describeCheck),
    ...(error === undefined ? [] : [indent(`cannot be asked: ${error}`)]),
  ]);
  const count = (verdict: Verdict): number => steps.filter((step) => step.verdict === verdict).length;
  const others = (["drift", "unanswered", "skipped"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `, ${count(verdict)} ${verdict}`);
  const asked = steps.length - count("skipped");
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
