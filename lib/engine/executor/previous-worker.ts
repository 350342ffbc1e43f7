import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { StepRecord, Worker, ProcessIdentity } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import type { LedgerSession, Ledger } from "../ledgers/ledger";
import { isAlive, isGroupAlive, stopGroup } from "../processes/process-identity";
import type { StepRun } from "./step-run";

const POLL_MILLISECONDS = 100;

/**
 * The row of a step, once nobody works on the step any more who lost the lock without noticing.
 *
 * A lock ends with its holder, not with the work: a killed runner leaves its command, a restarted database frees the
 * lock of a runner that lives on. A runner is waited for, since it may still record its success. A command without a
 * runner is ended: nobody is left to record anything. What happens on another machine cannot be seen from here.
 */
export async function rowWithoutWorker(session: LedgerSession, run: StepRun): Promise<StepRecord | undefined> {
  for (let announced = false; ;) {
    const row = await session.get();
    if (row?.worker === undefined) return row;
    const { worker, progress: _progress, ...rest } = row;
    const { runner, command } = worker;
    if (isOtherProcessHere(runner) && isAlive(runner)) {
      if (!announced) run.progress(`waits for process ${runner.pid}, which works on the same step`);
      announced = true;
      await sleep(POLL_MILLISECONDS, undefined, { signal: run.signal });
    } else if (command !== undefined && command.host === hostname() && isGroupAlive(command)) {
      run.progress(`ends process group ${command.pid}, which a killed runner left behind`);
      await stopGroup(command);
    } else {
      return rest;
    }
  }
}

/** A row of this very process is one that it could not replace: it holds the lock, so it is done with that work. */
function isOtherProcessHere(runner: ProcessIdentity): boolean {
  return runner.host === hostname() && runner.pid !== process.pid;
}

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
