import { canonicalJson } from "../../manifest/checksum";
import type { ApplyRecord, NewApplyRecord, RecordedStep } from "../../promotion/records/apply-record";
import type { PlanReading } from "../../promotion/plan/plan-builder";
import { keptChanges, ProvingHistory } from "../../promotion/proof/proving-history";
import { caughtUpChanges, FOUND } from "../../promotion/records/present-resources";
import { type ConfiguredExpressions, type Expressions, isProgram } from "../../promotion/plan/expressions";
import { toStepState } from "../../promotion/plan/step-change";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { readDifferences, stackConfiguration, expressionsOf } from "./proof";
import type { Project } from "./project";
import { allRecords, writeRecord } from "./records";

/** Who manually marked a step as applied in a ledger, by step id. */
export type Repairs = ReadonlyMap<string, NonNullable<RecordedStep["repaired"]>>;

/**
 * Records what a stack contains but no record mentions: what `cdktf deploy` or `terraform apply` created, or an apply
 * whose record was lost. A plan without changes proves that it matches the configuration.
 *
 * @param plan a plan without changes, read with the fingerprints of all resources
 * @param repairs rows in which a person declared the step applied, by step id
 * @returns location of the record; undefined if the records already cover everything
 * @throws RefusedError `RecordsBroken`
 * @throws SternaError `FileUnwritable`, `RecordUnreadable`, `RecordsUnreachable`
 */
export async function recordPresent(
  project: Project,
  system: SynthesizedSystem,
  record: NewApplyRecord,
  plan: PlanReading,
  repairs: Repairs,
): Promise<string | undefined> {
  const records = (await allRecords(project, system.stack)).map((chained) => chained.record);
  const { declared } = readDifferences(project, system.system, system.environment);
  const expressions = expressionsOf(project, system, declared, plan.variables);
  const resources = stackConfiguration(system).resource ?? {};
  const found = caughtUpChanges(
    plan,
    { resources, expressions, differences: declared },
    records.flatMap((each) => each.changes),
  );
  const names = new Set(found.map(({ name }) => name));
  const kept = keptChanges(plan, expressions, ProvingHistory.ofAll(records, record.release));
  const changes = [...found, ...kept.filter(({ name }) => !names.has(name))];
  const steps = caughtUpSteps(plan, records, expressions, repairs);
  const last = records.at(-1);
  const isTold = last?.release === record.release && last.result === "applied";
  if (isTold && changes.length + steps.length === 0) return undefined;
  return writeRecord(project, { ...record, changes, steps });
}

/** Steps that are applied in the state but not in the records, and steps that are only in the records. */
function caughtUpSteps(
  plan: PlanReading,
  records: readonly ApplyRecord[],
  configured: ConfiguredExpressions,
  repairs: Repairs,
): RecordedStep[] {
  const known = new Map<string, RecordedStep>();
  for (const step of records.flatMap(({ steps }) => steps)) {
    if (step.status !== "done") continue;
    if (step.action === "roll-back" || step.action === "forget") known.delete(step.id);
    else known.set(step.id, step);
  }
  const here = plan.steps.flatMap((json): Omit<RecordedStep, "action" | "status">[] => {
    const step = toStepState(json);
    if (step === undefined) return [];
    const expressions = provedExpressions(configured.ofStep(json.address), known.get(step.id));
    const repaired = repairs.get(step.id);
    return [{ ...step, ...(expressions && { expressions }), ...(repaired && { repaired }) }];
  });
  const found = here
    .filter((step) => !isTold(step, known.get(step.id)))
    .map((step): RecordedStep => ({ ...step, action: FOUND, status: "done" }));
  const ids = new Set(here.map(({ id }) => id));
  const gone = [...known.values()].filter(({ id }) => !ids.has(id));
  return [...gone.map((step): RecordedStep => ({ ...step, action: "roll-back" })), ...found];
}

/** Provisioners and their files run with the step: those that were added to an applied step never ran. */
function provedExpressions(here: Expressions | undefined, there: RecordedStep | undefined): Expressions | undefined {
  if (here === undefined || there === undefined) return here;
  const said = Object.entries(here).filter(([key]) => !isProgram(key));
  const ran = Object.entries(there.expressions ?? {}).filter(([key]) => isProgram(key));
  return Object.fromEntries([...said, ...ran]);
}

type ToldStep = Pick<RecordedStep, "checksum" | "attributes" | "expressions">;

/** Whether the records match the state and the configuration for a step. */
function isTold(here: ToldStep, there: ToldStep | undefined): boolean {
  const said = ({ checksum, attributes = {}, expressions = {} }: ToldStep) =>
    canonicalJson([checksum ?? null, attributes, expressions]);
  return there !== undefined && said(here) === said(there);
}
