import type { ClientBase } from "pg";
import { ZodError, type ZodType } from "zod";
import { type Progress, type StepRecord, stepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";

/** The record of applied steps of one system in one environment, kept where the steps take effect. */
export interface Ledger {
  /** Where the ledger is, for messages. Holds no secret. */
  readonly location: string;

  /** The row of a step, or nothing. */
  get(id: string): Promise<StepRecord | undefined>;

  /** All rows of this system and environment, oldest first. */
  list(): Promise<StepRecord[]>;

  /**
   * Runs `work` while holding the step's lock: no other process works on the same step in the meantime.
   * The lock ends with the process that holds it: at once, or when its signs of life have stayed away for long enough.
   */
  withLock<T>(id: string, work: (session: LedgerSession) => Promise<T>, wait?: LockWait): Promise<T>;

  /**
   * Refuses a ledger whose locks would protect nothing, before a plan that uses them is shown.
   *
   * @throws EngineError `TransactionPooler`
   */
  assertLockable?(): Promise<void>;

  /** Releases connections. */
  close(): Promise<void>;
}

/** How to wait for a lock that another process holds. */
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

  /** Who holds the locks that the statement on `client` waits for, asked from another connection. */
  blockers?(): Promise<string[]>;
}

/** Whose steps a ledger is asked for. */
export interface LedgerScope {
  readonly system: string;
  readonly environment: string;
}

/**
 * Two environments that share one ledger would adopt each other's steps: staging would look migrated because
 * development was.
 *
 * @throws EngineError `LedgerOfOtherEnvironment`
 */
export function assertScope(record: StepRecord, scope: LedgerScope, location: string): StepRecord {
  if (record.environment !== scope.environment || record.system !== scope.system) {
    throw new EngineError(
      "LedgerOfOtherEnvironment",
      `the ledger in ${location} holds step "${record.id}" of ${record.system} in ${record.environment}, but it was opened for ${scope.system} in ${scope.environment}. Give each environment its own ledger: check which database or directory ${scope.environment} is connected to.`,
    );
  }
  return record;
}

/**
 * Reads a row as a ledger keeps it: the JSON of a `StepRecord`.
 *
 * @param location where the ledger is, for the message
 * @throws EngineError `LedgerRowUnreadable`; the message holds nothing of the row but names
 */
export function readRow(json: string, id: string, location: string): StepRecord {
  return readStored(stepRecord, json, `the row of step "${id}" in the ledger in ${location}`);
}

/**
 * Reads what a ledger keeps.
 *
 * @param what names it, for the message
 * @throws EngineError `LedgerRowUnreadable`; the message holds nothing of the content but names
 */
export function readStored<Content>(schema: ZodType<Content>, json: string, what: string): Content {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    const reason = error instanceof ZodError ? wrongFields(error) : "it is not JSON";
    throw new EngineError(
      "LedgerRowUnreadable",
      `${what} cannot be read: ${reason}. Was it written by a newer Sterna? Then use that one. Was it changed by hand? Then restore it from a backup of the ledger.`,
      { cause: error },
    );
  }
}

function wrongFields(error: ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`).join("; ");
}
