import { effectChecksum, programChecksum } from "../../manifest/checksum";
import { EngineError } from "../engine-error";
import type { Ledger, LedgerSession } from "../ledgers/ledger";
import type { StepDefinition, StepRecord } from "../../manifest/step-record";
import { assertChecks } from "../step-kind";
import { operationsOf, type Operations, mayHaveEffect } from "./operations";
import { rowWithoutWorker } from "./previous-worker";
import { writeReceipt } from "./home-ledger";
import { StepRun, type StepRunOptions } from "./step-run";

/** How a step came to be applied: it ran, it was found in the ledger, or its probe found it done. */
export type ApplyOutcome = "ran" | "found" | "probed";

export interface Applied {
  readonly record: StepRecord;
  readonly outcome: ApplyOutcome;
}

/**
 * Brings a step to "applied": lock, look, probe, `up`, `verify`, ledger row.
 *
 * @throws EngineError why it could not; the ledger then says `failed`
 */
export async function applyStep(
  definition: StepDefinition,
  ledger: Ledger,
  options: StepRunOptions = {},
): Promise<Applied> {
  const run = new StepRun(definition, options);
  const wait = {
    signal: options.signal,
    onWait: (holder: string) => run.progress(`waits for ${holder}, which works on the same step`),
  };
  const work = async (session: LedgerSession): Promise<Applied> => {
    const applied = await applyLocked(definition, run, session);
    // Still under the lock: a rollback from elsewhere must not come between the row and its receipt.
    if (options.receipts) await writeReceipt(applied.record, options.receipts, wait);
    return applied;
  };
  return ledger.withLock(definition.id, work, wait).catch((error) => {
    throw run.explain(error);
  });
}

async function applyLocked(definition: StepDefinition, run: StepRun, session: LedgerSession): Promise<Applied> {
  const found = await rowWithoutWorker(session, run);
  if (found?.status === "applied") return { record: await updateFound(found, definition, session), outcome: "found" };

  const operations = operationsOf(definition.program, run, session);
  const record: StepRecord = {
    ...definition,
    status: "running",
    checksum: programChecksum(definition.program),
    partial: !operations.transactional && !operations.effectless,
    attempt: (found?.attempt ?? 0) + 1,
    startedAt: new Date().toISOString(),
  };
  const nothing: StepRecord = { ...record, partial: false };
  // What a failure leaves behind. Before `up` begins, that is what was found, with the program that can undo it.
  let left = found && mayHaveEffect(found) ? { ...found, partial: true, attempt: record.attempt } : nothing;
  const cancel = (): void => void session.cancel?.().catch(() => undefined);
  run.signal.addEventListener("abort", cancel);
  run.start(session);
  try {
    run.signal.throwIfAborted();
    if (left.partial && definition.onRetry === "compensate") {
      await compensate(left, run, session);
      left = nothing;
    }
    if (operations.probe && (await operations.inTransaction(operations.probe))) {
      const adopted: StepRecord = { ...record, status: "applied", adopted: true, appliedAt: new Date().toISOString() };
      await session.put(adopted);
      return { record: adopted, outcome: "probed" };
    }
    left = record;
    await (operations.endsWithLock ? session.put(record) : run.putWithWorker(record, session));
    run.follow(record, session);
    return { record: await runUp(record, operations, run, session), outcome: "ran" };
  } catch (error) {
    const explained = run.explain(error);
    await run.settle();
    // The reason matters more than the row: if the ledger is gone too, the next run finds `running` and no lock.
    await session.put({ ...left, status: "failed", error: explained.recorded }).catch(() => undefined);
    throw explained;
  } finally {
    run.stop();
    run.signal.removeEventListener("abort", cancel);
  }
}

function runUp(record: StepRecord, operations: Operations, run: StepRun, session: LedgerSession): Promise<StepRecord> {
  return operations.inTransaction(async () => {
    const artifact = await operations.up();
    assertChecks(await operations.verify(artifact));
    await run.settle();
    const applied: StepRecord = { ...record, status: "applied", appliedAt: new Date().toISOString(), artifact };
    await session.put(applied).catch((error: unknown) => {
      throw operations.transactional ? error : unrecorded(error);
    });
    return applied;
  });
}

function unrecorded(error: unknown): EngineError {
  if (error instanceof EngineError && error.code === "LedgerConflict") return error;
  const reason = error instanceof Error ? error.message : String(error);
  const message = `it ran and was verified, but the ledger could not note it, so the next apply runs it again: ${reason}`;
  return new EngineError("LedgerUnreachable", message, { cause: error });
}

/** Undoes what a failed run left, with the program of that run, before the step is tried again. */
async function compensate(found: StepRecord, run: StepRun, session: LedgerSession): Promise<void> {
  run.progress("undoes the failed attempt first");
  const operations = operationsOf(found.program, run.withVariables(found.variables), session);
  if (!operations.endsWithLock) await run.putWithWorker({ ...found, status: "undoing" }, session);
  await operations.down(found.artifact);
}

/** An applied step keeps its effect for ever; its title, its `down`, its checks may be rewritten. */
async function updateFound(found: StepRecord, definition: StepDefinition, session: LedgerSession): Promise<StepRecord> {
  assertSameEffect(found, definition);
  const checksum = programChecksum(definition.program);
  const updated: StepRecord = { ...found, ...definition, checksum, error: undefined };
  if (JSON.stringify(updated) !== JSON.stringify(found)) await session.put(updated);
  return updated;
}

/** @throws EngineError `AppliedStepEdited` */
export function assertSameEffect(applied: StepRecord, definition: StepDefinition): void {
  const was = effectChecksum(applied.program);
  const is = effectChecksum(definition.program);
  if (was === is) return;
  throw new EngineError(
    "AppliedStepEdited",
    `step "${applied.id}" was applied ${applied.appliedAt} with the checksum ${was.slice(0, 12)}; its program now has ${is.slice(0, 12)}. What an applied step did is history: restore its program, and write a new step for the further change.`,
  );
}
