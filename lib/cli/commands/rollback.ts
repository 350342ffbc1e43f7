import type { Command } from "commander";
import { gt } from "semver";
import { SternaError } from "../../core/sterna-error";
import type { StepRecord } from "../../engine/step-record";
import { RefusedError } from "../../promotion/refused-error";
import { planRollback, type Rollback } from "../../promotion/rollback";
import { undoPreview } from "../../promotion/undo-preview";
import { EXIT_STATUS } from "../exit-status";
import { isEffectless } from "../ledgers/step-kinds";
import { readOwnLedgers } from "../ledgers/system-status";
import { changePin, recoverPins } from "../project/change-pin";
import { openProject, type Project } from "../project/project";
import { chainOf, findSystem, type SynthesizedSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import type { CommonOptions } from "../terminal";
import { requireTerraform } from "../terraform/find-terraform";
import { describeKnown } from "../text/nearest";
import { newCommand, type CommandContext, type CommandRunner } from "./command";
import { planAndShow } from "./plan";
import { requireTaken } from "./promote";

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

        const rollback = planRollback(await rowsOf(project, target, surroundings.environment), to, (row) =>
          isEffectless(row.program),
        );
        describe(rollback, target, to, context);
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
        const facts = { from: target.release, to, undo: ids(rollback.undo), keep: ids(rollback.keep) };
        if (options.plan === false) {
          terminal.printJson({ system, environment, ...facts });
          return EXIT_STATUS.changes;
        }
        return planAndShow(project, lowered, context, facts);
      }),
    );
}

function requireKnown({ system, releases }: SynthesizedSystem, to: string): void {
  if (releases.includes(to)) return;
  throw new SternaError("UnknownRelease", `${system} has no release "${to}": ${describeKnown(to, releases)}`);
}

function requireOlder({ system, environment, release, releases }: SynthesizedSystem, to: string): void {
  if (gt(release, to)) return;
  const older = releases.filter((candidate) => gt(release, candidate));
  throw new SternaError(
    "ReleaseNotOlder",
    `${system} in ${environment} runs ${release}, and ${to} is newer: to move forward, use \`sterna promote\`. Older are ${older.join(", ") || "none"}.`,
  );
}

/** No environment may run what the one before it does not: so the last environment goes back first. */
function requireLastToRun(target: SynthesizedSystem, chain: readonly SynthesizedSystem[], to: string): void {
  const newer = chain.filter(({ order, release }) => order > target.order && gt(release, to));
  const last = newer.at(-1);
  if (last === undefined) return;
  const names = newer.map(({ environment, release }) => `${environment} (${release})`).join(", ");
  throw new RefusedError(
    "NextEnvironmentNewer",
    `${target.environment} cannot go back to ${to} while ${names} runs a newer release: no environment may run what the one before it does not. ` +
      `Go back from the end of the chain: \`sterna rollback ${target.system} ${last.environment} --to ${to}\` first`,
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

function describe(
  rollback: Rollback,
  { system, environment, release }: SynthesizedSystem,
  to: string,
  { terminal }: CommandContext,
): void {
  const { bold, dim, red } = terminal.colors;
  terminal.print(bold(`${system} in ${environment}: from release ${release} back to ${to}\n`));
  const section = (title: string, rows: readonly StepRecord[], lines: (row: StepRecord) => readonly string[]) => {
    if (rows.length === 0) return;
    terminal.print(title);
    for (const [index, row] of rows.entries()) {
      terminal.print(`  ${index + 1}. ${row.id}  ${row.title} ${dim(`(${row.release})`)}`);
      for (const line of lines(row)) terminal.print(dim(`       ${line}`));
    }
    terminal.print();
  };
  section("Will be undone, in this order:", rollback.undo, (row) => undoPreview(row.program, row.artifact));
  section("Stays as it is:", rollback.keep, () => []);
  const reasons = new Map(rollback.blocked.map(({ row, reason }) => [row.id, reason]));
  section(
    red("Cannot be undone:"),
    rollback.blocked.map(({ row }) => row),
    (row) => [`because ${reasons.get(row.id)}`],
  );
  if (rollback.undo.length + rollback.keep.length + rollback.blocked.length === 0) {
    terminal.print("No step of a newer release was applied.\n");
  }
}

function requireReversible({ blocked }: Rollback, { environment }: SynthesizedSystem, to: string): void {
  const [first] = blocked;
  if (first === undefined) return;
  const steps = blocked.map(({ row, reason }) => `  ${row.id} (${row.release}): ${reason}`).join("\n");
  throw new RefusedError(
    first.code,
    `${environment} cannot go back to ${to}; releases.json stays as it was. These steps cannot be undone:\n${steps}\n` +
      "Restore the backup that was taken before them, or go forward with a release that repairs what is wrong.",
  );
}
