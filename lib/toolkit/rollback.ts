import { SternaError } from "../core/errors";
import type { StepRecord } from "../manifest/step-record";
import { judgeGates, requirePassed } from "../promotion/gates/judge-gates";
import { requireTaken } from "../promotion/gates/promotion-gates";
import {
  planRollback,
  requireKnown,
  requireLastToRun,
  requireOlder,
  requireReversible,
  type Rollback,
} from "../promotion/gates/rollback";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import { describeUndo, undoLoss } from "../promotion/plan/undo";
import { readOwnLedgers } from "./ledgers/system-status";
import { type Plan, planStack } from "./plan";
import { changePin } from "./project/change-pin";
import { chainOf, findSystem } from "./project/stacks";
import type { PinOptions } from "./promote";
import { requireTerraform } from "./terraform/terraform";
import { openStack, type StackOptions, synthesizeApp, type Toolkit } from "./toolkit";

/** Options of `rollback`. */
export interface RollbackOptions extends StackOptions, PinOptions {
  /** Release to return to. */
  readonly to: string;

  /**
   * Called with the effect on each step, before anything is refused or changed.
   * @default - not called
   */
  readonly onPreview?: (preview: RollbackPreview) => void;
}

/** A step that is affected by a rollback. */
export interface RollbackStep {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  /** What undoing it runs and loses, in lines for display. Empty for steps that stay. */
  readonly undo: readonly string[];
  /** When it was applied, UTC. */
  readonly since?: string;
  /** Which later data is lost. Absent if none is. */
  readonly loss?: string;
  /** Why it cannot be undone. For blocked steps only. */
  readonly reason?: string;
}

/** How a return to an older release affects the steps of the newer ones. */
export interface RollbackPreview {
  readonly system: string;
  readonly environment: string;
  readonly from: string;
  readonly to: string;
  /** Steps that are undone, in this order. */
  readonly undo: readonly RollbackStep[];
  /** Steps that leave nothing to undo, or whose effect is kept on purpose. */
  readonly keep: readonly RollbackStep[];
  /** Steps that cannot be undone: the rollback is refused. */
  readonly blocked: readonly RollbackStep[];
}

/** Result of a rollback. */
export interface RollbackResult extends RollbackPreview {
  /** `false` if the environment was already pinned to the release. */
  readonly rolledBack: boolean;
  /** Absent if nothing was changed, or no plan was requested. */
  readonly plan?: Plan;
}

/**
 * Returns to an older release: lowers the pin in `releases.json` if all steps of newer releases can be undone, and
 * plans. Otherwise `releases.json` is not changed. An apply undoes the steps.
 *
 * @throws RefusedError `NextEnvironmentNewer`, `RollbackUnsupported`, `StepIrreversible`, `StepRemovalRefused`, `PinsChanged`
 * @throws SternaError `UnknownRelease`, `ReleaseNotOlder`, `TerraformMissing`, `LedgerUnreachable`, `PinIgnored`, what
 * `plan` throws
 */
export async function rollback(toolkit: Toolkit, options: RollbackOptions): Promise<RollbackResult> {
  const { system, environment, to, plan: wantsPlan = true } = options;
  const { project, surroundings, terminal } = toolkit;
  if (wantsPlan) requireTerraform(surroundings.environment);
  const synthesis = await synthesizeApp(toolkit);
  const target = findSystem(synthesis, system, environment);
  requireKnown(target, to);
  const place = { system, environment, from: target.release, to };
  if (target.release === to) return { ...place, rolledBack: false, undo: [], keep: [], blocked: [] };
  requireOlder(target, to);
  requireLastToRun(target, chainOf(synthesis, system), to);
  const before = { release: target.release, result: "applied" as const };
  const wanted = { ...target, release: to };
  requirePassed(judgeGates(project, { moment: "pin", system: wanted, last: before }), wanted, "nothing was changed");

  const found = planRollback(await rowsOf(toolkit, target), to);
  const preview = { ...place, ...describeRollback(found) };
  options.onPreview?.(preview);
  requireReversible(found, target, to);
  const lowered = await changePin(project, { system, environment, release: to }, async (tried) => {
    const again = await openStack(toolkit, { system, environment }, tried);
    requireTaken(again, to);
    return again;
  });
  terminal.report(`${terminal.colors.green("✓")} releases.json: ${system} in ${environment} ${target.release} → ${to}`);
  return { ...preview, rolledBack: true, ...(wantsPlan && { plan: await planStack(toolkit, lowered) }) };
}

function describeRollback({ undo, keep, blocked }: Rollback): Pick<RollbackPreview, "undo" | "keep" | "blocked"> {
  const describe = ({ id, title, release }: StepRecord): RollbackStep => ({ id, title, release, undo: [] });
  return {
    undo: undo.map((row) => {
      const loss = undoLoss(row);
      return {
        ...describe(row),
        undo: describeUndo(row),
        ...(row.appliedAt === undefined ? {} : { since: row.appliedAt }),
        ...(loss === undefined ? {} : { loss }),
      };
    }),
    keep: keep.map(describe),
    blocked: blocked.map(({ row, reason }) => ({ ...describe(row), reason })),
  };
}

async function rowsOf({ project, surroundings }: Toolkit, system: SynthesizedSystem): Promise<StepRecord[]> {
  const { rows, unreadable } = await readOwnLedgers(project, system, surroundings.environment);
  const [problem] = unreadable;
  if (problem === undefined) return [...rows.values()];
  throw new SternaError(
    "LedgerUnreachable",
    `what a rollback would undo cannot be known, so nothing was changed: ${problem.message}`,
  );
}
