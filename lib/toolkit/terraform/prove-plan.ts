import { gt } from "semver";
import { RefusedError } from "../../core/errors";
import type { StepRecord } from "../../manifest/step-record";
import { readWaivers, waiversPath } from "../../manifest/waivers";
import { proofGate } from "../../promotion/gates/proof-gate";
import type { ConfiguredExpressions } from "../../promotion/plan/expressions";
import type { PlanReading } from "../../promotion/plan/plan-builder";
import type { PlanSummary } from "../../promotion/plan/plan-summary";
import { definitionAttributes } from "../../promotion/plan/step-change";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import type { GateResult, PromotionReport } from "../../promotion/promotion-report";
import { compareChanges, type WayBack } from "../../promotion/proof/compare-changes";
import { ProvingHistory } from "../../promotion/proof/proving-history";
import { Waivers } from "../../promotion/proof/waivers";
import type { ApplyRecord, RecordedStep } from "../../promotion/records/apply-record";
import { FOUND } from "../../promotion/records/present-resources";
import type { ChainedRecord } from "../../promotion/records/record-chain";
import type { ReportProof } from "../../promotion/report/build-report";
import { type LedgerReading, readProof } from "../ledgers/read-ledgers";
import { type Project, variablesOf } from "../project/project";
import type { EnvironmentDifferences } from "../project/proof";
import { allRecords } from "../project/records";
import { chainOf, readSynthesis } from "../project/stacks";
import { completeByLog } from "./complete-record";

/** What the previous environment proves about a plan, and whether that is enough. */
export interface Proof {
  readonly report: ReportProof;
  /** Present in a protected environment. */
  readonly gate?: GateResult;
}

/** A plan with the expressions in its configuration. */
export interface ProvedPlan {
  readonly plan: PlanReading;
  readonly summary: PlanSummary;
  readonly configured: ConfiguredExpressions;
}

/** What the previous environment applied, up to the requested release. */
export interface ProofRecords {
  readonly digests: readonly string[];
  readonly history: ProvingHistory;
  readonly release: PromotionReport["release"];
  /** Whether an apply there was begun and left no record. */
  readonly lost: boolean;
  /** Present when the environment returns to an older release. */
  readonly back?: WayBack;
}

/**
 * Reads what the previous environment proved. Undefined in the first environment. Its records prove resources, and its
 * ledgers prove steps, whatever tool applied them.
 *
 * @param own records of the environment itself, oldest first
 * @param process variables of this process
 * @throws RefusedError `RecordsBroken`
 */
export async function readProofRecords(
  project: Project,
  system: SynthesizedSystem,
  own: readonly ApplyRecord[],
  process: NodeJS.ProcessEnv,
): Promise<ProofRecords | undefined> {
  if (system.previous === undefined) return undefined;
  const before = `${system.system}-${system.previous}`;
  const lost = await completeByLog(project, before);
  const chained = await allRecords(project, before);
  requireProofKept(system, own, chained);
  const from = own.at(-1)?.release;
  const release = { ...(from === undefined ? {} : { from }), to: system.release };
  const records = chained.map(({ record }) => record);
  const reading = await readLedgersBefore(project, system, process);
  const last = records.at(-1) ?? emptyRecord(system, before);
  const history = new ProvingHistory([...records, ...ledgerRecords(reading, records, last)], release);
  // A half-applied row proves that the step is not applied, but not that it was undone.
  for (const { id, status } of reading.rows.values()) if (status !== "applied") history.undone.delete(id);
  const back = wayBack(system, own);
  return {
    digests: chained.map(({ digest }) => digest),
    history,
    release,
    lost: lost.length > 0,
    ...(back === undefined ? {} : { back }),
  };
}

/** A rollback that failed midway is still a rollback. */
function wayBack({ environment, release }: SynthesizedSystem, own: readonly ApplyRecord[]): WayBack | undefined {
  const from = own.findLast((record) => record.release !== release || record.result === "applied")?.release;
  if (from === undefined || !gt(from, release)) return undefined;
  return {
    environment,
    older: new ProvingHistory(own, { to: release }),
    all: ProvingHistory.ofAll(own, release),
  };
}

/**
 * Records of this environment name the last record that proved them. If that one is no longer in the chain, it was
 * removed, together with the head that would have shown it.
 *
 * @throws RefusedError `RecordsBroken`
 */
function requireProofKept(
  { stack, previous }: SynthesizedSystem,
  own: readonly ApplyRecord[],
  chained: readonly ChainedRecord[],
): void {
  const kept = new Set(chained.map(({ digest }) => digest));
  const broken = own.find(({ proof }) => proof?.environment === previous && !kept.has(proof!.record));
  if (broken === undefined) return;
  throw new RefusedError(
    "RecordsBroken",
    `the apply of ${stack} of ${broken.finishedAt} was proved by the record ${broken.proof!.record.slice(0, 12)}… of ${previous}, and ${previous} has no such record any more. ` +
      "Records are only ever appended; restore what was there (from git, or from the versions of the bucket). What they prove is not known until then.",
  );
}

async function readLedgersBefore(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<LedgerReading> {
  const before = chainOf(readSynthesis(project), system.system).find(
    ({ environment }) => environment === system.previous,
  );
  // An app may synthesize the stacks of only one environment.
  if (before === undefined) return { rows: new Map(), unreadable: [] };
  return readProof(before, system, {
    from: variablesOf(project, before.environment, process),
    to: variablesOf(project, system.environment, process),
  });
}

/**
 * What the ledgers contain beyond the records, in the form of records: steps that are applied, and steps that are not.
 * A ledger without any row may be on another machine, so it contradicts nothing.
 */
function ledgerRecords(
  { rows, unreadable }: LedgerReading,
  records: readonly ApplyRecord[],
  like: ApplyRecord,
): ApplyRecord[] {
  const record = (step: Omit<RecordedStep, "status">): ApplyRecord => ({
    ...like,
    ...{ release: step.release, result: "interrupted", changes: [], steps: [{ ...step, status: "done" }] },
  });
  const done = records.flatMap(({ steps }) => steps).filter(({ status }) => status === "done");
  const known = new Map(done.map((step) => [step.id, step]));
  const isTold = unreadable.length === 0 && rows.size > 0;
  const gone = [...known.values()].filter(({ id }) => {
    const row = rows.get(id);
    return row === undefined ? isTold : row.status !== "applied";
  });
  const applied = [...rows.values()].filter(({ status }) => status === "applied");
  return [
    ...gone.map(({ id, release }) => record({ id, release, action: "roll-back" })),
    ...applied.map((row) => record(stepOf(row, known.get(row.id)))),
  ];
}

/** A step from its row. Its configuration is only known from a record of the same program. */
function stepOf(row: StepRecord, recorded: RecordedStep | undefined): Omit<RecordedStep, "status"> {
  const { id, release, checksum, repaired } = row;
  const expressions = recorded?.checksum === checksum ? recorded.expressions : undefined;
  return {
    ...{ id, release, action: FOUND, checksum, attributes: definitionAttributes(row) },
    ...(expressions && { expressions }),
    ...(repaired && { repaired }),
  };
}

/** The start of a record from the ledgers if no apply has one. */
function emptyRecord({ system, previous }: SynthesizedSystem, stack: string): ApplyRecord {
  return {
    version: 2,
    ...{ stack, system, environment: previous!, release: "0.0.0", result: "interrupted" },
    ...{ startedAt: "", finishedAt: "", by: "", plan: "", sterna: "", terraform: "", previous: null },
    ...{ resources: { add: 0, change: 0, destroy: 0 }, changes: [], steps: [], ledgers: [], errors: [] },
  };
}

/**
 * Compares a plan with the records of the previous environment.
 *
 * @throws SternaError `FileNotJson`, `InvalidWaivers`
 */
export function proveBy(
  project: Project,
  system: SynthesizedSystem,
  { digests, history, release, lost, back }: ProofRecords,
  { plan, summary, configured }: ProvedPlan,
  { names, free }: EnvironmentDifferences,
): Proof {
  const from = system.previous!;
  const steps = [...summary.steps, ...summary.rollbacks];
  const report: ReportProof = {
    environment: from,
    records: digests,
    verdicts: compareChanges({ from, history, plan, steps, back, free, configured }),
    waivers: new Waivers(readWaivers(waiversPath(project.directory), system), new Date()),
    differences: names,
  };
  if (!system.protected) return { report };
  const { changes } = summary;
  const gate = proofGate({ ...system, release, proof: report, history, goesBack: back !== undefined, changes });
  if (gate.result !== "refused") return { report, gate };
  return { report, gate: { ...gate, detail: `${gate.detail}\n${catchUp(system, lost)}` } };
}

/** What to run if the resources exist, but were never recorded. */
function catchUp({ system, previous }: SynthesizedSystem, lost: boolean): string {
  const record = `\`sterna record ${system} ${previous}\``;
  return lost
    ? `An apply of ${system} in ${previous} was begun and left no record: run ${record}, and plan again.`
    : `If ${previous} holds them already, applied by another tool (cdktf deploy, terraform apply, Atlantis): run ${record}, and plan again.`;
}
