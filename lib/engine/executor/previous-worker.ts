import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerSession } from "../ledgers/ledger";
import { isAlive, type ProcessIdentity } from "../ledgers/process-identity";
import { isGroupAlive, stopGroup } from "../processes/process-group";
import type { StepRecord } from "../step-record";
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
