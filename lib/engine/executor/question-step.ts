import type { CheckResult, Presence } from "../../manifest/step-checks";
import { Client } from "pg";
import type { Artifact, StepDefinition, StepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import { assertOwnSession, destroy, endInTime } from "../ledgers/pooler";
import { READINESS } from "../ledgers/postgres-connections";
import { describeDatabase } from "../ledgers/postgres-ledger";
import { whenReady } from "../readiness";
import { loginUrl } from "../secrets/login-url";
import { isTransactional, kindOf } from "../step-kind";
import { operationsOf, type Operations } from "./operations";
import { StepRun, type StepRunOptions } from "./step-run";

/**
 * Asks the verify queries of an applied step once more, with the program, the variables and the artifact of its row.
 * Nothing is changed: queries to a database run in transactions that cannot write.
 *
 * @throws EngineError when a query could not be asked
 */
export async function verifyStep(record: StepRecord, options: StepRunOptions = {}): Promise<CheckResult[]> {
  const run = new StepRun(record, options);
  const results = await question(record, run, (operations) => operations.verify(record.artifact));
  // A query may name an address, and its path may be what lets people in.
  return results.map(({ query, expected, actual }) => ({
    query: run.redact(query),
    expected,
    // The expected answer is part of the program, so it is not secret; masking would change it.
    actual: actual === expected ? actual : run.redact(actual),
  }));
}

/** Asks whether a step's effect is there already. Changes nothing. */
export async function findStep(definition: StepDefinition, options: StepRunOptions = {}): Promise<Presence> {
  const by = hasProbe(definition) ? "probe" : "verify";
  const run = new StepRun(definition, options);
  try {
    const { noted, reason } = await question(definition, run, async (operations) => {
      const noted = await operations.history?.();
      return { noted, reason: noted === undefined ? await whyAbsent(operations, by) : noted.reason };
    });
    if (noted !== undefined) return { ...noted, by: "history", reason: reason && run.redact(reason) };
    return reason === undefined ? { state: "there", by } : { state: "absent", by, reason: run.redact(reason) };
  } catch (error) {
    const { message } = run.explain(error);
    return { state: meansAbsent(error) ? "absent" : "unknown", by, reason: message };
  }
}

function hasProbe({ program }: StepDefinition): boolean {
  const kind = kindOf(program);
  // The kinds whose program may hold a probe of its own have no other.
  return kind.probe !== undefined && (!("verify" in program) || ("probe" in program && program.probe !== undefined));
}

async function whyAbsent(operations: Operations, by: Presence["by"]): Promise<string | undefined> {
  if (by === "probe") return (await operations.probe!()) ? undefined : "its probe does not find it";
  const artifact: Artifact | undefined = undefined;
  const failed = (await operations.verify(artifact)).find(({ expected, actual }) => expected !== actual);
  return failed && `${failed.query}: expected ${failed.expected}, got ${failed.actual}`;
}

function meansAbsent(error: unknown): boolean {
  return isUndefinedObject(error) || (error instanceof EngineError && error.code === "TargetMissing");
}

async function question<T>(
  definition: StepDefinition,
  run: StepRun,
  ask: (operations: Operations) => Promise<T>,
): Promise<T> {
  const { program, timeout } = definition;
  const kind = kindOf(program);
  run.start();
  try {
    if (!isTransactional(kind)) return await ask(operationsOf(program, run, {}));
    await run.lookUp(program);
    const url = loginUrl(run.resolve(kind.database(program)), "postgres", `the database of step "${definition.id}"`);
    return await withReadOnlyDatabase(
      url,
      timeout,
      (client) => {
        const operations = operationsOf(program, run, { client });
        return operations.inTransaction(() => ask(operations));
      },
      run.signal,
    );
  } catch (error) {
    throw run.explain(error);
  } finally {
    run.stop();
  }
}

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
/** PostgreSQL's classes of errors that mean "there is no such schema, table, column, function, object". */
const UNDEFINED = ["3F000", "42P01", "42703", "42883", "42704"];

/**
 * Lets some work ask a database, and keeps it from changing anything: a query that writes is an error there.
 *
 * @param timeout seconds after which PostgreSQL ends a statement
 * @param signal ends the connection, whatever runs on it
 * @throws EngineError `LedgerUnreachable`, `TransactionPooler`
 */
async function withReadOnlyDatabase<T>(
  url: string,
  timeout: number | undefined,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const settings = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    application_name: "sterna",
    ...(timeout === undefined ? {} : { statement_timeout: Math.ceil(timeout * 1000) }),
  };
  const connect = async (): Promise<Client> => {
    const client = new Client(settings);
    // Without a listener a lost connection would end the process; the next query reports it.
    client.on("error", () => undefined);
    await client.connect().catch((error: unknown) => {
      destroy(client);
      throw error;
    });
    return client;
  };
  let client: Client | undefined;
  const stop = (): void => void (client && destroy(client));
  signal?.addEventListener("abort", stop);
  try {
    client = await whenReady(connect, { ...READINESS, signal });
    // In a pool that shares sessions, whoever comes next would get one that cannot write.
    await assertOwnSession(client, connect);
    // A statement, not an option of the connection: connection poolers refuse those.
    await client.query("set session characteristics as transaction read only");
  } catch (error) {
    signal?.removeEventListener("abort", stop);
    if (client) destroy(client);
    if (error instanceof EngineError) throw error;
    const reason = (error as Error).message || (error as { code?: string }).code;
    throw new EngineError("LedgerUnreachable", `${describeDatabase(url)} cannot be asked: ${reason}`, { cause: error });
  }
  try {
    return await work(client);
  } finally {
    signal?.removeEventListener("abort", stop);
    await endInTime(client);
  }
}

/** Whether a query failed because what it asks about does not exist. */
export function isUndefinedObject(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === "string" && UNDEFINED.includes(code)) return true;
  return cause instanceof Error && isUndefinedObject(cause);
}
