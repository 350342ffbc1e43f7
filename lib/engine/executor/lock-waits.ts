import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../engine-error";
import type { StepContext } from "../step-kind";
import type { LedgerSession } from "../ledgers/ledger";

/** PostgreSQL, "Error Codes": lock_not_available, deadlock_detected. Nothing of the statement is left behind. */
const LOCK_ERRORS = ["55P03", "40P01"];
/** Between two attempts, whoever waited behind the step gets its turn. */
const PAUSES_SECONDS = [1, 2, 4, 8, 8, 8, 8, 8, 8];
/** When the server is asked whether a statement waits. Most have ended before. */
const FIRST_LOOK_MILLISECONDS = 100;
const LOOK_MILLISECONDS = 1_000;

/** What a step does about locks of other sessions: it says whom it waits for, and gives up in time to be tried again. */
export class LockWaits {
  private blockers: readonly string[] = [];

  constructor(
    private readonly context: StepContext,
    private readonly session: Pick<LedgerSession, "blockers">,
    private readonly pauses: readonly number[] = PAUSES_SECONDS,
  ) {}

  /** Runs statements, and says meanwhile whom they wait for. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const looking = this.look(over.signal);
    try {
      return await work();
    } finally {
      over.abort();
      await looking;
    }
  }

  /**
   * Runs work that leaves nothing behind when it fails, again if it did not get a lock in time.
   *
   * @throws EngineError `DatabaseLockTimeout`
   */
  async retry<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.blockers = [];
      try {
        return await work();
      } catch (error) {
        const reason = lockError(error);
        if (reason === undefined || this.context.signal.aborted) throw error;
        const held = this.blockers.length === 0 ? "" : `; the lock was held by ${this.blockers.join(" and ")}`;
        const pause = this.pauses[attempt - 1];
        if (pause === undefined) throw gaveUp(`gave up after ${attempt} attempts: ${reason}${held}`, error);
        const next = `attempt ${attempt + 1} of ${this.pauses.length + 1}`;
        this.context.progress(`${reason}${held}; tries again in ${pause} s (${next})`);
        await sleep(pause * 1000, undefined, { signal: this.context.signal });
      }
    }
  }

  private async look(over: AbortSignal): Promise<void> {
    const ended = new Promise<undefined>((resolve) => over.addEventListener("abort", () => resolve(undefined)));
    let said = "";
    for (let pause = FIRST_LOOK_MILLISECONDS; ; pause = LOOK_MILLISECONDS) {
      await sleep(pause, undefined, { signal: over }).catch(() => undefined);
      // A server that does not answer must not keep a step that is done.
      const found = over.aborted ? undefined : await Promise.race([this.ask(), ended]);
      if (found === undefined) return;
      const words = found.join(" and ");
      if (words !== "") this.blockers = found;
      if (words !== "" && words !== said) this.context.progress(`waits for a lock that is held by ${words}`);
      said = words;
    }
  }

  /** Only for a note: that a server cannot be asked is for the statement itself to report. */
  private async ask(): Promise<readonly string[]> {
    return (await this.session.blockers?.().catch(() => [])) ?? [];
  }
}

function lockError(error: unknown): string | undefined {
  const { code, cause, message } = error as { code?: unknown; cause?: unknown; message: string };
  if (typeof code === "string" && LOCK_ERRORS.includes(code)) return message;
  return cause instanceof Error ? lockError(cause) : undefined;
}

function gaveUp(reason: string, cause: unknown): EngineError {
  return new EngineError(
    "DatabaseLockTimeout",
    `${reason}. Wait until that session has ended its transaction, or end it with ` +
      "pg_terminate_backend, then apply again; or let the step wait longer with `lockTimeout`",
    { cause },
  );
}
