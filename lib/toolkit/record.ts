import { RefusedError } from "../core/errors";
import { someOf } from "../core/text";
import { sternaPackage } from "../core/sterna-package";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import type { NewApplyRecord } from "../promotion/records/apply-record";
import { counted } from "../promotion/report/outline";
import { databaseLedgers } from "./ledgers/read-ledgers";
import { readOwnLedgers, repairedRows } from "./ledgers/system-status";
import { recordPresent } from "./project/present";
import { whoRuns } from "./project/records";
import { planForDrift, type RawPlan } from "./terraform/make-plan";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

const LISTED = 5;

/** A plan without changes has no plan file to apply. */
const NO_PLAN = "none";

/** Result of `record`. */
export interface Recording {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
  /** Location of the record. Absent if the records already cover everything. */
  readonly recordFile?: string;
}

/**
 * Records what a stack contains but no record mentions, so that it proves it for the next environment: what `cdktf
 * deploy`, `terraform apply` or Atlantis applied, or an apply that was killed.
 *
 * @throws RefusedError `PlanNotEmpty`, `RecordsBroken`
 * @throws SternaError what `plan` throws; `FileUnwritable`, `RecordsUnreachable`
 */
export async function record(toolkit: Toolkit, options: StackOptions): Promise<Recording> {
  const { project, surroundings, terminal } = toolkit;
  const { system, environment } = options;
  const stack = await openStack(toolkit, options);
  const startedAt = new Date().toISOString();
  const made = await planForDrift(project, stack, surroundings, terminal, true);
  requireEmpty(stack, made);
  const draft: NewApplyRecord = {
    ...{ stack: stack.stack, system, environment, release: stack.release, result: "applied" },
    ...{ startedAt, finishedAt: new Date().toISOString(), by: whoRuns(surroundings.environment), plan: NO_PLAN },
    ...{ resources: { add: 0, change: 0, destroy: 0 }, steps: [], errors: [] },
    ledgers: databaseLedgers(stack),
    sterna: sternaPackage().version,
    terraform: made.terraform,
  };
  const repairs = repairedRows(await readOwnLedgers(project, stack, surroundings.environment));
  const file = await recordPresent(project, stack, draft, made.plan, repairs);
  return { system, environment, release: stack.release, ...(file === undefined ? {} : { recordFile: file }) };
}

/**
 * The current state is known to match the code only if an apply would change nothing.
 *
 * @throws RefusedError `PlanNotEmpty`
 */
function requireEmpty({ system, environment }: SynthesizedSystem, { summary }: RawPlan): void {
  if (!summary.changes) return;
  const steps = [...summary.steps, ...summary.rollbacks].map(({ id, action }) => `step ${id}: ${action}`);
  const resources = summary.resources.map(({ address, action }) => `${address}: ${action}`);
  const found = [...steps, ...resources, ...summary.outputs.map((name) => `output ${name}`)];
  throw new RefusedError(
    "PlanNotEmpty",
    `${environment} does not hold what the code of ${system} wants: ${counted(found.length, "change")} would be applied ` +
      `(${someOf(found, LISTED)}). Nothing was recorded. ` +
      `Run \`sterna plan ${system} ${environment}\` and \`sterna apply ${system} ${environment}\`, or apply it with your tool, and record again.`,
  );
}
