import { hostname } from "node:os";
import { EngineError } from "../engine-error";
import type { Ledger, LedgerSession } from "../ledgers/ledger";
import { isAlive } from "../ledgers/process-identity";
import { isGroupAlive } from "../processes/process-group";
import type { Worker } from "../step-record";

/** Somebody works on a step that was to be left alone. */
export class StepBusyError extends EngineError {
  /** @param holder names who works on it */
  constructor(
    id: string,
    readonly holder: string,
  ) {
    super("StepBusy", `${holder} works on step "${id}"; wait until it has ended, or end it, and run the command again`);
  }
}

/**
 * Runs `work` under the lock of a step, unless somebody works on the step: then it does not wait.
 *
 * @throws StepBusyError
 */
export async function withIdleLock<T>(
  ledger: Ledger,
  id: string,
  work: (session: LedgerSession) => Promise<T>,
): Promise<T> {
  const waiting = new AbortController();
  const wait = {
    signal: waiting.signal,
    onWait: (holder: string) => waiting.abort(new StepBusyError(id, holder)),
  };
  try {
    return await ledger.withLock(
      id,
      async (session) => {
        const worker = (await session.get())?.worker;
        const holder = worker && liveWorker(worker);
        if (holder !== undefined) throw new StepBusyError(id, holder);
        return work(session);
      },
      wait,
    );
  } catch (error) {
    throw waiting.signal.aborted ? waiting.signal.reason : error;
  }
}

/** Who still works on a step although the lock is free, as far as this machine can tell. */
function liveWorker({ runner, command }: Worker): string | undefined {
  if (runner.host === hostname() && isAlive(runner)) return `process ${runner.pid} on ${runner.host}`;
  if (command !== undefined && command.host === hostname() && isGroupAlive(command)) {
    return `process group ${command.pid} on ${command.host}, which a killed runner left behind`;
  }
  return undefined;
}
