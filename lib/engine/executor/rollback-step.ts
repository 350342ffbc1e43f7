import { EngineError } from "../engine-error";
import type { Ledger, LedgerSession } from "../ledgers/ledger";
import type { StepDefinition, StepRecord } from "../step-record";
import { operationsOf } from "./operations";
import { StepRun, type StepRunOptions } from "./step-run";

/** What a rollback did: ran `down`, kept the effect as declared, or found nothing to undo. */
export type RollbackOutcome = "undone" | "kept" | "nothing";

/**
 * Undoes a step with the program that the ledger recorded when it was applied, and removes its row.
 *
 * @throws EngineError why it could not; the row then stays, and the next apply goes on
 */
export async function rollbackStep(
  definition: StepDefinition,
  ledger: Ledger,
  options: StepRunOptions = {},
): Promise<RollbackOutcome> {
  const run = new StepRun(definition, options);
  const wait = {
    signal: options.signal,
    onWait: (holder: string) => run.progress(`waits for ${holder}, which works on the same step`),
  };
  return ledger
    .withLock(definition.id, (session) => rollbackLocked(run, session), wait)
    .catch((error) => {
      throw run.explain(error);
    });
}

async function rollbackLocked(run: StepRun, session: LedgerSession): Promise<RollbackOutcome> {
  const found = await session.get();
  if (!found) return "nothing";
  const mayHaveEffect = found.status === "applied" || found.status === "undoing" || found.partial;
  const operations = operationsOf(found.program, run.withVariables(found.variables), session);
  if (!mayHaveEffect || found.onDestroy === "keep" || operations.effectless) {
    await session.remove();
    return mayHaveEffect ? "kept" : "nothing";
  }
  assertReversible(found);

  const cancel = (): void => void session.cancel?.().catch(() => undefined);
  run.signal.addEventListener("abort", cancel);
  run.start();
  try {
    if (!operations.transactional) await session.put({ ...found, status: "undoing" });
    await operations.inTransaction(async () => {
      await operations.down(found.artifact);
      if (await operations.probe?.()) {
        throw new EngineError("RollbackFailed", "its down ran, but its probe still finds the change");
      }
      await session.remove();
    });
    return "undone";
  } catch (error) {
    const explained = run.explain(error);
    await session.put({ ...found, status: "undoing", error: explained.message }).catch(() => undefined);
    const code = explained.code === "StepFailed" ? "RollbackFailed" : explained.code;
    throw new EngineError(code, explained.message, { cause: error });
  } finally {
    run.stop();
    run.signal.removeEventListener("abort", cancel);
  }
}

/** @throws EngineError `StepIrreversible`, `StepRemovalRefused` */
export function assertReversible(record: Pick<StepRecord, "id" | "irreversible" | "onDestroy" | "release">): void {
  if (record.irreversible !== undefined) {
    throw new EngineError(
      "StepIrreversible",
      `step "${record.id}" of release ${record.release} cannot be undone: ${record.irreversible}. Keep it in the configuration (pin ${record.release} or newer), or restore the backup that was taken before it.`,
    );
  }
  if (record.onDestroy === "refuse") {
    throw new EngineError(
      "StepRemovalRefused",
      `step "${record.id}" of release ${record.release} must not be removed (on_destroy = "refuse"). Keep it in the configuration, or apply on_destroy = "rollback" or "keep" first.`,
    );
  }
}
