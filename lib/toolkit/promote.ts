import { SternaError } from "../core/errors";
import type { StepRecord } from "../manifest/step-record";
import { readWaivers, waiversPath } from "../manifest/waivers";
import { judgeGates, requirePassed } from "../promotion/gates/judge-gates";
import {
  requireApplied,
  requireNext,
  requireProved,
  requireSuccess,
  requireTaken,
  requireUndrifted,
} from "../promotion/gates/promotion-gates";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import { compareSteps } from "../promotion/proof/compare-steps";
import { Waivers } from "../promotion/proof/waivers";
import { readProof } from "./ledgers/read-ledgers";
import { type Plan, planStack } from "./plan";
import { changePin } from "./project/change-pin";
import { variablesOf } from "./project/project";
import { lastRecord } from "./project/records";
import { chainOf, findSystem } from "./project/stacks";
import { completeByLog } from "./terraform/complete-record";
import { planForDrift } from "./terraform/make-plan";
import { requireTerraform } from "./terraform/terraform";
import { openStack, synthesizeApp, type Toolkit } from "./toolkit";

/** Options of a function that changes a pin. */
export interface PinOptions {
  /**
   * Whether the stack is planned with the new pin. Without a plan, Terraform is not needed, and drift in the proving
   * environment is not checked.
   * @default true
   */
  readonly plan?: boolean;
}

/** Options of `promote`. */
export interface PromoteOptions extends PinOptions {
  /** System, such as `app-ef`. */
  readonly system: string;

  /** Environment that proves the release. */
  readonly from: string;

  /** The environment right after it. */
  readonly to: string;
}

/** Result of a promotion. */
export interface Promotion {
  readonly system: string;
  readonly from: string;
  readonly to: string;
  /** The proved release, to which `to` is now pinned. */
  readonly release: string;
  /** The previous pin of `to`. */
  readonly before: string;
  /** `false` if `to` was already pinned to the release. */
  readonly promoted: boolean;
  /** Absent if nothing was promoted, or no plan was requested. */
  readonly plan?: Plan;
}

/**
 * Promotes a proved release to the next environment: raises its pin in `releases.json` if all of its changes were
 * proved, and plans. Otherwise `releases.json` is not changed.
 *
 * @throws RefusedError `NotNextEnvironment`, `LastApplyFailed`, `EnvironmentDrifted`, `StepsNotProved`,
 * `ReleaseNotApplied`, `PinsChanged`, what the gates refuse
 * @throws SternaError `TerraformMissing`, `LedgerUnreachable`, `PinIgnored`, what `plan` throws
 */
export async function promote(toolkit: Toolkit, options: PromoteOptions): Promise<Promotion> {
  const { system, from, to, plan: wantsPlan = true } = options;
  // If it were found missing after the pin is raised, half of the work would be done.
  if (wantsPlan) requireTerraform(toolkit.surroundings.environment);
  const synthesis = await synthesizeApp(toolkit);
  const proving = findSystem(synthesis, system, from);
  const target = findSystem(synthesis, system, to);
  requireNext(proving, target, chainOf(synthesis, system));
  const facts = { system, from, to, release: proving.release, before: target.release };
  if (target.release === proving.release) return { ...facts, promoted: false };

  const promoted = await raisePin(toolkit, proving, target, wantsPlan);
  const { terminal } = toolkit;
  terminal.report(
    `${terminal.colors.green("✓")} ${from} proved release ${proving.release}: ${promoted.steps.length} steps with equal checksums`,
  );
  terminal.report(
    `${terminal.colors.green("✓")} releases.json: ${system} in ${to} ${target.release} → ${proving.release}`,
  );
  return { ...facts, promoted: true, ...(wantsPlan && { plan: await planStack(toolkit, promoted) }) };
}

/**
 * @param looksForDrift whether Terraform checks that the proving environment is still in the state of its last apply
 */
async function raisePin(
  toolkit: Toolkit,
  from: SynthesizedSystem,
  to: SynthesizedSystem,
  looksForDrift: boolean,
): Promise<SynthesizedSystem> {
  const { project, surroundings, terminal } = toolkit;
  const lost = await completeByLog(project, from.stack);
  // Only a plan can tell how far an apply came that was killed along with Terraform.
  const looked =
    lost.length > 0 && looksForDrift ? await planForDrift(project, from, surroundings, terminal, false) : undefined;
  const last = await lastRecord(project, from.stack);
  requireSuccess(last, from);
  if (looksForDrift) {
    const { summary } = looked ?? (await planForDrift(project, from, surroundings, terminal, false));
    requireUndrifted(from, summary, last);
  }
  const { system, environment } = to;
  return changePin(project, { system, environment, release: from.release }, async (tried) => {
    const raised = await openStack(toolkit, { system, environment }, tried);
    requireTaken(raised, from.release);
    const rows = await provedRows(toolkit, from, raised);
    const comparison = { from: from.environment, to: environment, declared: from.steps };
    const verdicts = compareSteps({ ...comparison, rows, promoted: raised.steps });
    const waivers = new Waivers(readWaivers(waiversPath(project.directory), raised), new Date());
    requireProved(verdicts, waivers, from, to);
    requireApplied(from, last);
    const before = { release: to.release, result: "applied" as const };
    requirePassed(judgeGates(project, { moment: "pin", system: raised, last: before }), raised, "nothing was promoted");
    requirePassed(judgeGates(project, { moment: "leave", system: from }), from, "nothing was promoted");
    return raised;
  });
}

/** @throws SternaError `LedgerUnreachable` */
async function provedRows(
  { project, surroundings }: Toolkit,
  from: SynthesizedSystem,
  to: SynthesizedSystem,
): Promise<StepRecord[]> {
  const { rows, unreadable } = await readProof(from, to, {
    from: variablesOf(project, from.environment, surroundings.environment),
    to: variablesOf(project, to.environment, surroundings.environment),
  });
  const [problem] = unreadable;
  if (problem === undefined) return [...rows.values()];
  throw new SternaError(
    "LedgerUnreachable",
    `what ${from.environment} proved cannot be known, so nothing is promoted: ${problem.message}`,
  );
}
