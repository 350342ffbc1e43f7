import type { Command } from "commander";
import { SternaError } from "../../core/errors";
import type { StepRecord } from "../../manifest/step-record";
import { requireTaken } from "../../promotion/gates/promotion-gates";
import { requireLegalMove } from "../../promotion/gates/release-gates";
import {
  planRollback,
  requireKnown,
  requireLastToRun,
  requireOlder,
  requireReversible,
  type Rollback,
} from "../../promotion/gates/rollback";
import { undoLoss, describeUndo } from "../../promotion/plan/undo";
import { readOwnLedgers } from "../../toolkit/ledgers/system-status";
import { changePin, recoverPins } from "../../toolkit/project/change-pin";
import { openProject, type Project } from "../../toolkit/project/project";
import { chainOf, findSystem } from "../../toolkit/project/stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { synthesize } from "../../toolkit/project/synthesize";
import { requireTerraform } from "../../toolkit/terraform/terraform";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";
import { planAndShow } from "./plan";

interface RollbackOptions extends CommonOptions {
  readonly to: string;
  /** `false` after `--no-plan`. */
  readonly plan?: boolean;
}

export function rollbackCommand(run: CommandRunner): Command {
  return newCommand("rollback", "go back to an older release: show what is undone, lower the pin, plan", {
    "sterna rollback app-ef production --to 0.1.0": "undo everything that came after 0.1.0",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as production")
    .requiredOption("--to <release>", "release to go back to")
    .option("--no-plan", "lower the pin in releases.json and leave the plan to the pipeline")
    .action((system: string, environment: string, { to, ...options }: RollbackOptions) =>
      run(options, async (context) => {
        const { surroundings, terminal } = context;
        const project = openProject(surroundings.directory);
        recoverPins(project);
        if (options.plan !== false) requireTerraform(surroundings.environment);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const target = findSystem(synthesis, system, environment);
        requireKnown(target, to);
        if (target.release === to) {
          terminal.printJson({ system, environment, to, rolledBack: false });
          terminal.print(`Nothing to do: ${system} in ${environment} is pinned to ${to} already.`);
          return EXIT_STATUS.done;
        }
        requireOlder(target, to);
        requireLastToRun(target, chainOf(synthesis, system), to);
        requireLegalMove(target, target.release, to);

        const rollback = planRollback(await rowsOf(project, target, surroundings.environment), to);
        terminal.print(
          terminal.colors.bold(`${system} in ${environment}: from release ${target.release} back to ${to}\n`),
        );
        terminal.print(rollbackText(rollback, terminal.colors));
        requireReversible(rollback, target, to);
        const lowered = await changePin(project, { system, environment, release: to }, async () => {
          const again = await synthesize(project, surroundings.environment, terminal);
          const found = findSystem(again, system, environment);
          requireTaken(found, to);
          return found;
        });
        terminal.report(
          `${terminal.colors.green("✓")} releases.json: ${system} in ${environment} ${target.release} → ${to}`,
        );
        const ids = (rows: readonly StepRecord[]) => rows.map(({ id }) => id);
        const losses = rollback.undo.map((row) => ({ id: row.id, since: row.appliedAt, loss: undoLoss(row) }));
        const facts = { from: target.release, to, undo: ids(rollback.undo), keep: ids(rollback.keep), losses };
        if (options.plan === false) {
          terminal.printJson({ system, environment, ...facts });
          return EXIT_STATUS.changes;
        }
        return planAndShow(project, lowered, context, facts);
      }),
    );
}

async function rowsOf(project: Project, system: SynthesizedSystem, process: NodeJS.ProcessEnv): Promise<StepRecord[]> {
  const { rows, unreadable } = await readOwnLedgers(project, system, process);
  const [problem] = unreadable;
  if (problem === undefined) return [...rows.values()];
  throw new SternaError(
    "LedgerUnreachable",
    `what a rollback would undo cannot be known, so nothing was changed: ${problem.message}`,
  );
}

/** What a rollback does with each step, for people. */
function rollbackText({ undo, keep, blocked }: Rollback, { dim, red }: Terminal["colors"]): string {
  const section = (title: string, rows: readonly StepRecord[], lines: (row: StepRecord) => readonly string[]) => {
    if (rows.length === 0) return [];
    const steps = rows.flatMap((row, index) => [
      `  ${index + 1}. ${row.id}  ${row.title} ${dim(`(release ${row.release})`)}`,
      ...lines(row).map((line) => dim(`       ${line}`)),
    ]);
    return [title, ...steps, ""];
  };
  const reasons = new Map(blocked.map(({ row, reason }) => [row.id, reason]));
  const lines = [
    ...section("Will be undone, in this order:", undo, describeUndo),
    ...section("Stays as it is:", keep, () => []),
    ...section(
      red("Cannot be undone:"),
      blocked.map(({ row }) => row),
      (row) => [`because ${reasons.get(row.id)}`],
    ),
  ];
  return lines.length === 0 ? "No step of a newer release was applied.\n" : lines.join("\n");
}
