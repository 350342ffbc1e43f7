import { RefusedError, SternaError } from "../../core/errors";
import { someOf } from "../../core/text";
import type { SynthesizedSystem } from "../plan/synthesized-steps";
import type { PlanSummary } from "../plan/plan-summary";
import type { StepVerdict } from "../proof/compare-steps";
import type { Waivers } from "../proof/waivers";
import type { ApplyRecord } from "../records/apply-record";

/** @throws RefusedError `NotNextEnvironment` */
export function requireNext(from: SynthesizedSystem, to: SynthesizedSystem, chain: readonly SynthesizedSystem[]): void {
  if (to.previous === from.environment) return;
  const next = chain.find(({ previous }) => previous === from.environment)?.environment;
  const cure =
    next === undefined
      ? `${from.environment} is the last environment`
      : `after ${from.environment} comes ${next}: run \`sterna promote ${from.system} ${from.environment} ${next}\``;
  throw new RefusedError(
    "NotNextEnvironment",
    `${to.environment} does not come right after ${from.environment} (${chain.map(({ environment }) => environment).join(" → ")}); ${cure}`,
  );
}

/** @throws RefusedError `LastApplyFailed` */
export function requireSuccess(last: ApplyRecord | undefined, { system, environment }: SynthesizedSystem): void {
  if (last === undefined || last.result === "applied") return;
  throw new RefusedError(
    "LastApplyFailed",
    `the last apply of ${system} in ${environment} (${last.finishedAt}, by ${last.by}) ${last.result === "failed" ? "failed" : "was interrupted"}; ` +
      `run \`sterna apply ${system} ${environment}\` until it succeeds`,
  );
}

/**
 * What was changed outside of Sterna is not proved, and a plan of the next environment would not show it.
 *
 * @param plan what an apply would change there now
 * @param last record of the last apply there, if there is one
 * @throws RefusedError `EnvironmentDrifted`, `ReleaseNotApplied` where nothing was ever applied
 */
export function requireUndrifted(
  { system, environment, release }: SynthesizedSystem,
  plan: PlanSummary,
  last: ApplyRecord | undefined,
): void {
  const names = [...plan.drift, ...plan.resources].map(({ address }) => address);
  const steps = [...plan.steps, ...plan.rollbacks].map(({ address }) => address);
  const found = [...new Set([...names, ...steps])];
  if (!plan.changes && found.length === 0) return;
  const isNew = plan.drift.length === 0 && plan.rollbacks.length === 0;
  if (last === undefined && isNew && plan.resources.every(({ action }) => action === "create")) {
    throw new RefusedError(
      "ReleaseNotApplied",
      `release ${release} of ${system} was not applied in ${environment} yet; run \`sterna apply ${system} ${environment}\`, and promote again`,
    );
  }
  throw new RefusedError(
    "EnvironmentDrifted",
    `${environment} is not as its last apply left it${found.length === 0 ? "" : ` (${someOf(found, 5)})`}, so it proves nothing; ` +
      `look at \`sterna plan ${system} ${environment}\`, apply it, and promote again`,
  );
}

/**
 * A release that only changes resources leaves no rows; what shows it then is the record of its apply.
 *
 * @throws RefusedError `ReleaseNotApplied`
 */
export function requireApplied(
  { system, environment, release, steps }: SynthesizedSystem,
  last: ApplyRecord | undefined,
): void {
  if (last?.release === release || steps.some((step) => step.release === release)) return;
  throw new RefusedError(
    "ReleaseNotApplied",
    `${environment} is pinned to release ${release}, which has no steps, and no record of an apply shows that it was applied there; ` +
      `run \`sterna apply ${system} ${environment}\` first, or, if another tool applied it, \`sterna record ${system} ${environment}\``,
  );
}

/**
 * The app may read its pins from elsewhere.
 *
 * @throws SternaError `PinIgnored`
 */
export function requireTaken({ stack, release }: SynthesizedSystem, wanted: string): void {
  if (release === wanted) return;
  throw new SternaError(
    "PinIgnored",
    `releases.json says ${wanted}, but the app synthesized ${stack} with release ${release}; make it read its pins with Pins.fromFile("releases.json", …)`,
  );
}

/**
 * @param waivers of the environment that is promoted: the plan asks for them too
 * @throws RefusedError `StepsNotProved`
 */
export function requireProved(
  verdicts: readonly StepVerdict[],
  waivers: Waivers,
  from: SynthesizedSystem,
  to: SynthesizedSystem,
): void {
  const isLetThrough = ({ verdict, id }: StepVerdict) =>
    verdict === "PROVEN" || (verdict === "REPAIRED" && waivers.has(id));
  const open = verdicts.filter((verdict) => !isLetThrough(verdict));
  if (open.length === 0) return;
  throw new RefusedError(
    "StepsNotProved",
    `${from.environment} has not proved release ${from.release} for ${to.environment}; releases.json stays as it was.\n` +
      `${verdictLines(open).join("\n")}\n` +
      `Apply ${from.environment} (\`sterna apply ${from.system} ${from.environment}\`), and promote again.`,
  );
}

/** One line per step: verdict, name, reason. */
function verdictLines(verdicts: readonly StepVerdict[]): string[] {
  const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const verdictWidth = width(verdicts.map(({ verdict }) => verdict));
  const idWidth = width(verdicts.map(({ id }) => id));
  return verdicts.map(
    ({ verdict, id, reason }) => `  ${verdict.padEnd(verdictWidth)}  ${id.padEnd(idWidth)}  ${reason}`,
  );
}
