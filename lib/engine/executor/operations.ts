import type { CheckResult } from "../../manifest/step-checks";
import type { ClientBase } from "pg";
import type { Program } from "../../manifest/program";
import type { Artifact, StepDefinition, StepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import type { LedgerSession } from "../ledgers/ledger";
import {
  isEffectless,
  isTransactional,
  kindOf,
  type DatabaseContext,
  type HistoryAnswer,
  type StepContext,
} from "../step-kind";
import { LockWaits } from "./lock-waits";

/** What can be done with a program, whatever its kind. */
export interface Operations {
  /** Whether a failed run leaves nothing behind, because change and ledger row share one transaction. */
  readonly transactional: boolean;
  readonly effectless: boolean;
  /** Whether the work is done through the connection that holds the lock, so that it ends with the lock. */
  readonly endsWithLock: boolean;
  readonly probe?: () => Promise<boolean>;
  readonly history?: () => Promise<HistoryAnswer | undefined>;
  up(): Promise<Artifact | undefined>;
  verify(artifact: Artifact | undefined): Promise<CheckResult[]>;
  down(artifact: Artifact | undefined): Promise<void>;
  /** Runs `work` in the transaction, if the program has one; again, when that could not get a lock in time. */
  inTransaction<T>(work: () => Promise<T>): Promise<T>;
}

/** Binds a program to the connection that holds its lock. */
export function operationsOf(
  program: Program,
  context: StepContext,
  session: Pick<LedgerSession, "client" | "blockers">,
): Operations {
  const kind = kindOf(program);
  const client = isTransactional(kind) ? session.client! : undefined;
  const transactional = isTransactional(kind) && kind.inTransaction(program);
  const bound = (client ? Object.create(context, { client: { value: client } }) : context) as DatabaseContext;
  // The connection to the database of a transactional kind stands already.
  const texts = client ? { ...program, database: undefined } : program;
  const prepared = async <T>(work: () => Promise<T>): Promise<T> => {
    await context.lookUp(texts);
    return work();
  };
  const waits = client && new LockWaits(context, session);
  const asked = <T>(work: () => Promise<T>): Promise<T> => prepared(() => (waits ? waits.watch(work) : work()));
  // In a transaction, a lock that was not got takes all of it back.
  const changed = async <T>(work: () => Promise<T>): Promise<T> => {
    const result = await (waits && !transactional ? waits.retry(() => asked(work)) : asked(work));
    if (client && transactional) assertInTransaction(client);
    return result;
  };
  return {
    transactional,
    effectless: isEffectless(program),
    endsWithLock: client !== undefined,
    probe: kind.probe && (() => asked(() => kind.probe!(program, bound))),
    history: kind.history && (() => asked(() => kind.history!(program, bound))),
    up: () => changed(() => kind.up(program, bound)),
    verify: (artifact) => asked(() => kind.verify(program, bound, artifact)),
    down: (artifact) => changed(() => kind.down(program, bound, artifact)),
    inTransaction: (work) => (client && waits && transactional ? waits.retry(() => transaction(client, work)) : work()),
  };
}

/** A `commit` inside a script would separate the change from its row. @throws EngineError `SqlControlsTransaction` */
function assertInTransaction(client: ClientBase): void {
  if (client.getTransactionStatus() === "T") return;
  throw new EngineError(
    "SqlControlsTransaction",
    "the script ended the transaction of its step itself. What it did up to there stays, and no row says so: undo it by hand, or see whether the rest can be repeated. Remove commit, rollback and end from the script, or set transaction to false.",
  );
}

async function transaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    // A broken connection cannot roll back; PostgreSQL does it when the connection is gone.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** Whether a step that the ledger holds may have changed something. */
export function mayHaveEffect(record: Pick<StepRecord, "status" | "partial">): boolean {
  return record.status === "applied" || record.status === "undoing" || record.partial;
}

/**
 * What the removal of a step with an effect does: undo it, or only forget it.
 *
 * @throws EngineError `StepIrreversible`, `StepRemovalRefused`
 */
export function removalOf(
  step: Pick<StepDefinition, "id" | "release" | "program" | "irreversible" | "onDestroy">,
): "rollback" | "forget" {
  if (step.onDestroy === "keep" || (step.onDestroy === "rollback" && isEffectless(step.program))) return "forget";
  if (step.irreversible !== undefined) {
    throw new EngineError(
      "StepIrreversible",
      `step "${step.id}" of release ${step.release} cannot be undone: ${step.irreversible}. Keep it in the configuration (pin ${step.release} or newer), or restore the backup that was taken before it.`,
    );
  }
  if (step.onDestroy === "refuse") {
    throw new EngineError(
      "StepRemovalRefused",
      `step "${step.id}" of release ${step.release} must not be removed (on_destroy = "refuse"). Keep it in the configuration, or apply on_destroy = "rollback" or "keep" first.`,
    );
  }
  return "rollback";
}
