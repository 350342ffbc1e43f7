import { randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join, relative } from "node:path";
import { describeError } from "../describe-error";
import type { Reporter, ToolkitContext } from "../reporter";
import { thisProcess } from "../../engine/processes/process-identity";
import { keptChanges, ProvingHistory } from "../../promotion/proof/proving-history";
import type { Expressions } from "../../promotion/plan/expressions";
import type { PlanReading } from "../../promotion/plan/plan-builder";
import type { NewApplyIntent } from "../../promotion/records/apply-intents";
import { recordedChanges, type NewApplyRecord, type RecordedStep } from "../../promotion/records/apply-record";
import { databaseLedgers, type LedgerReading } from "../ledgers/read-ledgers";
import { readOwnLedgers, repairedRows } from "../ledgers/system-status";
import { recordPresent, type Repairs } from "../project/present";
import { variablesOf, type Project } from "../project/project";
import { readDifferences } from "../project/proof";
import { beginIntent, endIntent, whoRuns, writeRecord } from "../project/records";
import { discardPlan, planFiles, type SavedPlan } from "../project/saved-plan";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { ApplyProgress } from "./apply-progress";
import { type TerraformDiagnostic, isStateLocked, terraformFailure } from "./diagnostics";
import { type MadePlan, readPlan } from "./make-plan";
import { Terraform } from "./terraform";

/** Result of an apply. */
export interface AppliedPlan {
  readonly record: NewApplyRecord;
  /** Location of the record. Absent if there was nothing to do and nothing to record. */
  readonly file?: string;
  readonly diagnostics: readonly TerraformDiagnostic[];
  readonly otherOutput: string;
}

/**
 * Applies exactly this saved plan, and writes its record. A failure is part of the result.
 *
 * @throws SternaError `TerraformMissing`
 */
export async function applyPlan(
  project: Project,
  system: SynthesizedSystem,
  { saved, plan, configured, own }: MadePlan,
  surroundings: ToolkitContext["surroundings"],
  terminal: Reporter,
): Promise<AppliedPlan> {
  const variables = variablesOf(project, system.environment, surroundings.environment);
  const logs = join(project.workspace, "logs", system.stack);
  // Where the provider writes the log of each step.
  const terraform = new Terraform(system.directory, { ...variables, STERNA_LOGS: logs }, terminal, system);
  const startedAt = new Date().toISOString();
  const files = planFiles(project, system.stack);
  const hasChanges = saved.summary.changes;
  const log = join(logs, `${startedAt.replaceAll(":", "-")}.jsonl`);
  const readRows = () => readOwnLedgers(project, system, surroundings.environment);
  // Before the apply, because it may write to its own input files.
  const planned = hasChanges
    ? [...recordedChanges(plan, configured), ...keptChanges(plan, configured, ProvingHistory.ofAll(own, saved.release))]
    : [];
  const planSteps = [...saved.summary.rollbacks, ...saved.summary.steps];
  const expressions = new Map(planSteps.map(({ id, address }) => [id, configured.ofStep(address)]));
  // An adopted step may exist only because a person wrote its row. All other steps get new rows.
  const adopts = planSteps.some(({ action }) => action === "adopt");
  const repairedBefore: Repairs = adopts ? repairedRows(await readRows()) : new Map();
  const presentPlan = hasChanges ? undefined : await readAll(project, system, terraform, files.plan);
  const draft: NewApplyRecord = {
    stack: system.stack,
    system: system.system,
    environment: system.environment,
    release: saved.release,
    result: "interrupted",
    startedAt,
    finishedAt: startedAt,
    by: whoRuns(surroundings.environment),
    plan: saved.digest,
    resources: saved.summary.counts,
    changes: planned,
    steps: [],
    ledgers: databaseLedgers(system),
    errors: [],
    ...proofOf(saved),
    sterna: saved.parts.sterna ?? "unknown",
    terraform: saved.terraform,
  };
  const progress = new ApplyProgress(saved.summary, terminal);
  const intent = hasChanges
    ? await beginApply(
        project,
        draft,
        intendedSteps(saved, expressions, repairedBefore),
        relative(project.directory, log),
      )
    : undefined;
  const stopWatching = watchLedgers(progress, readRows, logs);
  const run = await terraform.run(["apply", "-input=false", "-json", files.plan], {
    log,
    onEvent: (event) => progress.onEvent(event),
  });
  await stopWatching();
  terminal.showLive(undefined);
  if (isStateLocked(run.diagnostics)) {
    // Nothing began, so the plan is still valid.
    if (intent !== undefined) await endIntent(project, intent);
    throw terraformFailure("terraform apply", run, system);
  }
  // Applied or not, Terraform accepts a plan only once: the state has changed.
  discardPlan(files);

  const result = run.succeeded ? "applied" : run.interrupts > 0 ? "interrupted" : "failed";
  const repairs = repairedRows(await readRows());
  const record: AppliedPlan["record"] = {
    ...draft,
    result,
    finishedAt: new Date().toISOString(),
    changes: run.succeeded ? planned : planned.filter(({ name }) => progress.finishedResources().has(name)),
    steps: progress.recordedSteps().map((step) => ({ ...step, ...detailsOf(step, expressions, repairs) })),
    errors: run.diagnostics.filter(({ severity }) => severity === "error").map(({ summary }) => summary),
    terraform: run.version,
  };
  const file = await keepRecord(terminal, system, async () => {
    if (presentPlan !== undefined && run.succeeded) {
      return recordPresent(project, system, record, presentPlan, repairs);
    }
    const written = await writeRecord(project, record);
    if (intent !== undefined) await endIntent(project, intent);
    return written;
  });
  return {
    record,
    ...(file === undefined ? {} : { file }),
    diagnostics: run.diagnostics,
    otherOutput: run.otherOutput,
  };
}

/** A plan without changes, with the fingerprints of all resources. */
async function readAll(
  project: Project,
  { system, environment }: SynthesizedSystem,
  terraform: Terraform,
  plan: string,
): Promise<PlanReading> {
  const { declared } = readDifferences(project, system, environment);
  return readPlan(terraform, plan, { differences: declared, fingerprints: () => true });
}

/** Details in a record that are not part of the plan. */
function detailsOf(
  { id }: Pick<RecordedStep, "id">,
  said: ReadonlyMap<string, Expressions | undefined>,
  repairs: Repairs,
): Pick<RecordedStep, "expressions" | "repaired"> {
  const [expressions, repaired] = [said.get(id), repairs.get(id)];
  return { ...(expressions && { expressions }), ...(repaired && { repaired }) };
}

function intendedSteps(
  { summary }: SavedPlan,
  said: ReadonlyMap<string, Expressions | undefined>,
  repairs: Repairs,
): NewApplyIntent["steps"] {
  return [...summary.rollbacks, ...summary.steps].map((step) => {
    const { id, address, release, action, checksum, attributes } = step;
    return {
      ...{ id, address, release, action, status: "pending" as const },
      ...(checksum && { checksum }),
      ...(attributes && { attributes }),
      ...detailsOf(step, said, action === "adopt" ? repairs : new Map()),
    };
  });
}

/** Records the intent: this process may be killed before it can record the result. */
async function beginApply(
  project: Project,
  record: NewApplyRecord,
  steps: NewApplyIntent["steps"],
  log: string,
): Promise<NewApplyIntent> {
  const changes = record.changes ?? [];
  const intent = { id: randomUUID(), record: { ...record, changes }, steps, log, by: thisProcess() };
  await beginIntent(project, intent);
  return intent;
}

/** What was applied stays applied, even if it cannot be recorded. */
async function keepRecord(
  terminal: Reporter,
  { system, environment }: SynthesizedSystem,
  write: () => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await write();
  } catch (error) {
    terminal.report(
      `${terminal.colors.yellow("warning")}: there is no record of this apply: ${describeError(error).message}\n` +
        `Until there is one, it proves no resources for the next environment. Once records can be written, run \`sterna record ${system} ${environment}\`.`,
    );
    return undefined;
  }
}

/** The record of the previous environment that proved the plan. */
function proofOf({ report: { proof } }: SavedPlan): Pick<NewApplyRecord, "proof"> {
  const record = proof?.records.at(-1);
  return proof === undefined || record === undefined ? {} : { proof: { environment: proof.environment, record } };
}

const POLL_MILLISECONDS = 1_000;
/** Bytes at the end of a log that are searched for its last line. */
const TAIL_BYTES = 4_096;
/** Output of a step that has not begun because another run works on it. */
const WAITS = /^\S+ (waits for .*)$/;

/**
 * Shows what the ledgers report about long steps while Terraform works: Terraform itself only knows that a step is
 * still running. A step that waits for another run has no row of its own, but its log names that run. Ignores what
 * cannot be read.
 *
 * @param logs directory of the logs of the steps
 * @returns stops it, and waits for a read in progress
 */
export function watchLedgers(
  progress: ApplyProgress,
  read: () => Promise<LedgerReading>,
  logs: string,
): () => Promise<void> {
  let looking: Promise<void> | undefined;
  let isOver = false;
  const timer = setInterval(() => {
    if (looking !== undefined || !progress.isWaiting(Date.now())) return;
    looking = Promise.resolve()
      .then(read)
      .then(({ rows }) =>
        isOver ? undefined : progress.onRows(rows, Date.now(), (id) => waitsFor(join(logs, `${id}.log`))),
      )
      .catch(() => undefined)
      .finally(() => (looking = undefined));
  }, POLL_MILLISECONDS);
  return async () => {
    isOver = true;
    clearInterval(timer);
    await looking;
  };
}

/** The last line of a log, if the step is waiting. */
function waitsFor(log: string): string | undefined {
  try {
    const file = openSync(log, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(file, tail, 0, tail.length, size - tail.length);
      return WAITS.exec(tail.toString("utf8").trimEnd().split("\n").at(-1)!)?.[1];
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
