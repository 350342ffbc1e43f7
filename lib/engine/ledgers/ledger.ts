import type { ClientBase } from "pg";
import type { Progress, StepRecord } from "../step-record";

/** The record of applied steps of one system in one environment, kept where the steps take effect. */
export interface Ledger {
  /** Where the ledger is, for messages. Holds no secret. */
  readonly location: string;

  /** The row of a step, or nothing. */
  get(id: string): Promise<StepRecord | undefined>;

  /** All rows of this system and environment, oldest first. */
  list(): Promise<StepRecord[]>;

  /**
   * Runs `work` while holding the step's lock: nobody else, in no other process, works on the same step meanwhile.
   * The lock ends with the process that holds it: at once, or when its signs of life have stayed away for long enough.
   */
  withLock<T>(id: string, work: (session: LedgerSession) => Promise<T>, wait?: LockWait): Promise<T>;

  /** Releases connections. */
  close(): Promise<void>;
}

/** How to wait for a lock that somebody else holds. */
export interface LockWait {
  /** Called once, with who holds the lock. */
  onWait?(holder: string): void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Access to one row while its lock is held. */
export interface LedgerSession {
  get(): Promise<StepRecord | undefined>;
  put(record: StepRecord): Promise<void>;
  remove(): Promise<void>;

  /**
   * Aborted, with the reason, when the lock was lost while its holder lives, on ledgers where that can happen. What runs
   * under the lock must stop then.
   */
  readonly lost?: AbortSignal;

  /** The connection that holds the lock, on ledgers that are a database: a step can share its transaction. */
  readonly client?: ClientBase;

  /**
   * Notes how far the step of a row is, from another connection than `client`, on ledgers where a note in the row itself
   * could get in the way of the step's transaction.
   */
  noteProgress?(record: StepRecord, progress: Progress): Promise<void>;

  /** Ends the statement that runs on `client`, from another connection. */
  cancel?(): Promise<void>;
}
