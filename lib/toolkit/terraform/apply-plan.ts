import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { describeError } from "../describe-error";
import type { Reporter, ToolkitContext } from "../reporter";
import { keptChanges, ProvingHistory } from "../../promotion/proof/proving-history";
import { recordedChanges, type NewApplyRecord, type RecordedStep } from "../../promotion/records/apply-record";
import { databaseLedgers, type LedgerReading } from "../ledgers/read-ledgers";
import { readOwnLedgers } from "../ledgers/system-status";
import { variablesOf, type Project } from "../project/project";
import { lastRecord, whoRuns, writeRecord } from "../project/records";
import { discardPlan, planFiles, type SavedPlan } from "../project/saved-plan";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { ApplyProgress } from "./apply-progress";
import type { TerraformDiagnostic } from "./diagnostics";
import type { MadePlan } from "./make-plan";
import { Terraform } from "./terraform";

/** What an apply did. */
export interface AppliedPlan {
  readonly record: NewApplyRecord;
  /** Where the record is; absent when there was nothing to do and nothing to tell. */
  readonly file?: string;
  readonly diagnostics: readonly TerraformDiagnostic[];
  readonly otherOutput: string;
}

/**
 * Applies a saved plan, exactly this one, and writes the record of it. A failure is part of the answer.
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
  // Where the provider puts the log of each step.
  const terraform = new Terraform(system.directory, { ...variables, STERNA_LOGS: logs }, terminal, system);
  const startedAt = new Date().toISOString();
  const files = planFiles(project, system.stack);
  const history = ProvingHistory.ofAll(own, saved.release);
  // Before the apply: what it runs may write into the files that it reads.
  const kept = keptChanges(plan, configured, history);
  const changes = [...recordedChanges(plan, configured), ...kept];
  const steps = new Map(
    [...saved.summary.rollbacks, ...saved.summary.steps].map(({ id, address }) => [id, configured.ofStep(address)]),
  );
  const progress = new ApplyProgress(saved.summary, terminal);
  const stopWatching = watchLedgers(progress, () => readOwnLedgers(project, system, surroundings.environment), logs);
  const run = await terraform.run(["apply", "-input=false", "-json", files.plan], {
    log: join(logs, `${startedAt.replaceAll(":", "-")}.jsonl`),
    onEvent: (event) => progress.onEvent(event),
  });
  await stopWatching();
  terminal.showLive(undefined);
  // Applied or not, Terraform takes a plan only once: the state has moved on.
  discardPlan(files);

  const repairs = await repairedRows(project, system, surroundings.environment);
  const result = run.succeeded ? "applied" : run.interrupts > 0 ? "interrupted" : "failed";
  const record: AppliedPlan["record"] = {
    stack: system.stack,
    system: system.system,
    environment: system.environment,
    release: saved.release,
    result,
    startedAt,
    finishedAt: new Date().toISOString(),
    by: whoRuns(surroundings.environment),
    plan: saved.digest,
    resources: saved.summary.counts,
    changes: run.succeeded ? changes : changes.filter(({ name }) => progress.finishedResources().has(name)),
    steps: progress.recordedSteps().map((step) => {
      const [expressions, repaired] = [steps.get(step.id), repairs.get(step.id)];
      return { ...step, ...(expressions && { expressions }), ...(repaired && { repaired }) };
    }),
    ledgers: databaseLedgers(system),
    errors: run.diagnostics.filter(({ severity }) => severity === "error").map(({ summary }) => summary),
    ...proofOf(saved),
    sterna: saved.parts.sterna ?? "unknown",
    terraform: run.version,
  };
  const file =
    saved.summary.changes || kept.length > 0 || !(await isSameAsLast(project, record))
      ? await keepRecord(project, record, terminal)
      : undefined;
  return {
    record,
    ...(file === undefined ? {} : { file }),
    diagnostics: run.diagnostics,
    otherOutput: run.otherOutput,
  };
}

/** Rows that say by a person's hand that their step is applied. A ledger that cannot be read says nothing. */
async function repairedRows(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<Map<string, NonNullable<RecordedStep["repaired"]>>> {
  const { rows } = await readOwnLedgers(project, system, process);
  return new Map([...rows].flatMap(([id, { repaired }]) => (repaired === undefined ? [] : [[id, repaired]])));
}

/** What was applied is applied, also when it cannot be written down. */
async function keepRecord(
  project: Project,
  record: AppliedPlan["record"],
  terminal: Reporter,
): Promise<string | undefined> {
  try {
    return await writeRecord(project, record);
  } catch (error) {
    terminal.report(
      `${terminal.colors.yellow("warning")}: there is no record of this apply: ${describeError(error).message}`,
    );
    return undefined;
  }
}

/** An apply without changes still proves that a release is there, once. */
async function isSameAsLast(project: Project, { stack, release, result }: AppliedPlan["record"]): Promise<boolean> {
  const last = await lastRecord(project, stack);
  return last?.release === release && last.result === result;
}

/** Which record of the environment before the plan was proved by. */
function proofOf({ report: { proof } }: SavedPlan): Pick<NewApplyRecord, "proof"> {
  const record = proof?.records.at(-1);
  return proof === undefined || record === undefined ? {} : { proof: { environment: proof.environment, record } };
}

const POLL_MILLISECONDS = 1_000;
/** Bytes of the end of a log in which its last line is looked for. */
const TAIL_BYTES = 4_096;
/** What a step says that has not begun, because another run works on it. */
const WAITS = /^\S+ (waits for .*)$/;

/**
 * Shows what the ledgers say about long steps while Terraform works: of a step, Terraform itself only knows that it is
 * still running. A step that waits for another run has no row of its own: its log tells for whom. What cannot be read is
 * not shown.
 *
 * @param logs directory of the logs of the steps
 * @returns ends it, and waits for a look that is under way
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

/** What the last line of a log says, when the step waits. */
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
