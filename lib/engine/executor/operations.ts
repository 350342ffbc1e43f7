import type { ClientBase } from "pg";
import { kindOf } from "../kinds";
import { isTransactional, type CheckResult, type StepContext } from "../kinds/step-kind";
import type { LedgerSession } from "../ledgers/ledger";
import type { Program } from "../program";
import type { Artifact } from "../step-record";

/** What can be done with a program, whatever its kind. */
export interface Operations {
  /** Whether a failed run leaves nothing behind, because change and ledger row share one transaction. */
  readonly transactional: boolean;
  readonly effectless: boolean;
  /** Whether the work is done through the connection that holds the lock, so that it ends with the lock. */
  readonly endsWithLock: boolean;
  readonly probe?: () => Promise<boolean>;
  up(): Promise<Artifact | undefined>;
  verify(artifact: Artifact | undefined): Promise<CheckResult[]>;
  down(artifact: Artifact | undefined): Promise<void>;
  /** Runs `work` in the transaction, if the program has one. */
  inTransaction<T>(work: () => Promise<T>): Promise<T>;
}

/** Binds a program to the connection that holds its lock. */
export function operationsOf(
  program: Program,
  context: StepContext,
  session: Pick<LedgerSession, "client">,
): Operations {
  const kind = kindOf(program);
  // The connection to the database of a transactional kind stands already.
  const asked = isTransactional(kind) ? { ...program, database: undefined } : program;
  const prepared = async <T>(work: () => Promise<T>): Promise<T> => {
    await context.lookUp(asked);
    return work();
  };
  if (!isTransactional(kind)) {
    return {
      transactional: false,
      effectless: kind.effectless,
      endsWithLock: false,
      probe: kind.probe && (() => prepared(() => kind.probe!(program, context))),
      up: () => prepared(() => kind.up(program, context)),
      verify: (artifact) => prepared(() => kind.verify(program, context, artifact)),
      down: (artifact) => prepared(() => kind.down(program, context, artifact)),
      inTransaction: (work) => work(),
    };
  }
  const client = session.client!;
  const transactional = kind.inTransaction(program);
  return {
    transactional,
    effectless: kind.effectless,
    endsWithLock: true,
    probe: kind.probe && (() => prepared(() => kind.probe!(program, context, client))),
    up: () => prepared(() => kind.up(program, context, client)),
    verify: (artifact) => prepared(() => kind.verify(program, context, client, artifact)),
    down: (artifact) => prepared(() => kind.down(program, context, client, artifact)),
    inTransaction: (work) => (transactional ? transaction(client, work) : work()),
  };
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
