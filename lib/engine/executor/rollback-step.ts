import { EngineError } from "../engine-error";
import type { Ledger, LedgerSession } from "../ledgers/ledger";
import type { StepDefinition, StepRecord } from "../../manifest/step-record";
import { operationsOf, mayHaveEffect, removalOf } from "./operations";
import { rowWithoutWorker } from "./previous-worker";
import { removeReceipt } from "./home-ledger";
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
  const work = async (session: LedgerSession): Promise<RollbackOutcome> => {
    const outcome = await rollbackLocked(run, session);
    if (options.receipts) await removeReceipt(definition.id, options.receipts, wait);
    return outcome;
  };
  return ledger.withLock(definition.id, work, wait).catch((error) => {
    throw run.explain(error);
  });
}

async function rollbackLocked(run: StepRun, session: LedgerSession): Promise<RollbackOutcome> {
  const found = await rowWithoutWorker(session, run);
  if (!found) return "nothing";
  if (!mayHaveEffect(found) || removalOf(found) === "forget") {
    await session.remove();
    return mayHaveEffect(found) ? "kept" : "nothing";
  }

  const operations = operationsOf(found.program, run.withVariables(found.variables), session);
  // What a transaction could not undo is as it was.
  const status = operations.transactional ? found.status : "undoing";
  const cancel = (): void => void session.cancel?.().catch(() => undefined);
  run.signal.addEventListener("abort", cancel);
  run.start(session);
  try {
    const undoing: StepRecord = { ...found, status: "undoing" };
    if (!operations.endsWithLock) await run.putWithWorker(undoing, session);
    else if (!operations.transactional) await session.put(undoing);
    run.follow(undoing, session);
    await operations.inTransaction(async () => {
      await operations.down(found.artifact);
      if (await operations.probe?.()) {
        throw new EngineError("RollbackFailed", "its down ran, but its probe still finds the change");
      }
      await run.settle();
      await session.remove();
    });
    return "undone";
  } catch (error) {
    const explained = run.explain(error);
    await run.settle();
    await session.put({ ...found, status, error: explained.recorded }).catch(() => undefined);
    const code = explained.code === "StepFailed" ? "RollbackFailed" : explained.code;
    throw new EngineError(code, explained.message, { cause: error });
  } finally {
    run.stop();
    run.signal.removeEventListener("abort", cancel);
  }
}
