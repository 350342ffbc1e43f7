import { canonicalJson } from "../../manifest/checksum";
import { EngineError } from "../engine-error";
import { mapConcurrently } from "../files/concurrently";
import type { StepRecord } from "../../manifest/step-record";
import type { Ledger, LedgerSession } from "./ledger";

const ROWS_AT_ONCE = 4;

/** What a move did, by ids of steps. */
export interface LedgerMove {
  /** Rows that were copied now. */
  readonly copied: readonly string[];

  /** Rows that were there already: of a move that was interrupted. */
  readonly present: readonly string[];

  /** Rows, copied or present, of steps that change a database: receipts of the rows that stay in that database. */
  readonly receipts: readonly string[];

  /** Receipts that were left behind, since the database does not hold the step any more. */
  readonly stale: readonly string[];
}

/** The ledger in the database that a step changes, where its row is the truth; nothing for a step that changes none. */
export type HomeOf = (row: StepRecord) => Ledger | undefined;

/**
 * Copies the rows of a stack's ledger into another one, of whatever kind, and reads them back. The old ledger is left
 * as it is. A move that was interrupted can be repeated.
 *
 * No step may run meanwhile: each row is copied under the locks of both ledgers, and what has changed in between stops
 * the move. Of a step that changes a database, what that database says is copied: its own row does not move.
 *
 * @param from the ledger of one system in one environment
 * @param to a ledger of the same system and environment
 * @throws EngineError `LedgerBusy`, `LedgerNotEmpty`; what was copied by then is found by the next attempt
 */
export async function moveLedger(from: Ledger, to: Ledger, homeOf: HomeOf): Promise<LedgerMove> {
  const found = await from.list();
  const rows: StepRecord[] = [];
  for (const row of found) rows.push(...(await truthOf(row, homeOf)));
  assertSettled(rows, from);
  const target = await to.list();
  await assertNoOthers(target, rows, to, homeOf);

  const present = rows.filter((row) => target.some((other) => isSame(other, row)));
  const missing = rows.filter((row) => !present.includes(row));
  await mapConcurrently(missing, ROWS_AT_ONCE, new AbortController().signal, (row) =>
    withFreeLock(from, row.id, (source) => withFreeLock(to, row.id, (copy) => copyRow(row, source, copy))),
  );
  assertSame(await from.list(), found, from);
  const moved = new Set(ids(rows));
  assertSame(
    (await to.list()).filter(({ id }) => moved.has(id)),
    rows,
    to,
  );
  return {
    copied: ids(missing),
    present: ids(present),
    receipts: ids(rows.filter((row) => homeOf(row) !== undefined)),
    stale: ids(found).filter((id) => !moved.has(id)),
  };

  async function copyRow(row: StepRecord, source: LedgerSession, copy: LedgerSession): Promise<void> {
    const now = await source.get();
    assertSame(now ? [now] : [], [found.find(({ id }) => id === row.id)!], from);
    await copy.put(row);
  }
}

async function truthOf(row: StepRecord, homeOf: HomeOf): Promise<StepRecord[]> {
  const home = homeOf(row);
  return home ? [await home.get(row.id)].filter((own) => own !== undefined) : [row];
}

function assertSettled(rows: readonly StepRecord[], { location }: Ledger): void {
  const unsettled = rows.filter(({ status }) => status === "running" || status === "undoing");
  if (unsettled.length === 0) return;
  const steps = unsettled.map(({ id, status }) => `${id} (${status})`).join(", ");
  throw new EngineError(
    "LedgerBusy",
    `the ledger in ${location} holds steps that are neither done nor failed: ${steps}. Nothing was copied. Wait for the apply that works on them, or apply again when it died, and then move the ledger.`,
  );
}

/** Rows that a step wrote into the database that it changes may be there: they are where they belong. */
async function assertNoOthers(
  target: readonly StepRecord[],
  rows: readonly StepRecord[],
  { location }: Ledger,
  homeOf: HomeOf,
): Promise<void> {
  const others: string[] = [];
  for (const row of target) {
    if (rows.some((known) => isSame(known, row))) continue;
    const own = await homeOf(row)?.get(row.id);
    if (!own || !isSame(own, row)) others.push(row.id);
  }
  if (others.length === 0) return;
  throw new EngineError(
    "LedgerNotEmpty",
    `the ledger in ${location} holds rows that are not those of the ledger to move: ${others.join(", ")}. Nothing was copied. Move to an empty ledger: another directory, schema, bucket or prefix.`,
  );
}

function assertSame(is: readonly StepRecord[], was: readonly StepRecord[], { location }: Ledger): void {
  const byId = (rows: readonly StepRecord[]) => new Map(rows.map((row) => [row.id, canonicalJson(row)]));
  const [now, before] = [byId(is), byId(was)];
  const changed = [...new Set([...now.keys(), ...before.keys()])].filter((id) => now.get(id) !== before.get(id));
  if (changed.length === 0) return;
  throw new EngineError(
    "LedgerBusy",
    `rows in ${location} changed while the ledger was moved: ${changed.join(", ")}. Keep using the old ledger. Let the apply end that changed them, empty the new ledger, and move again.`,
  );
}

/** Works under a step's lock, or fails at once if the lock is held. */
async function withFreeLock<T>(ledger: Ledger, id: string, work: (session: LedgerSession) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onWait = (holder: string): void =>
    controller.abort(
      new EngineError(
        "LedgerBusy",
        `${holder} works on step "${id}" in ${ledger.location}. Keep using the old ledger, and move it when no apply runs.`,
      ),
    );
  try {
    return await ledger.withLock(id, work, { signal: controller.signal, onWait });
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  }
}

function isSame(a: StepRecord, b: StepRecord): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function ids(rows: readonly StepRecord[]): string[] {
  return rows.map(({ id }) => id);
}
