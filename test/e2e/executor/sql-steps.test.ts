import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { Client } from "pg";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { rollbackStep } from "../../../lib/engine/executor/rollback-step";
import { sqlKind } from "../../../lib/steps/sql/kind";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import type { ProgramInput } from "../../support/program";
import { stepDefinition, type StepDefinition } from "../../../lib/manifest/step-record";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";
import { stepContext } from "../../support/step-context";

type SqlInput = Extract<ProgramInput, { kind: "sql" }>;

requires("postgres")("an SQL step", () => {
  let server: PostgresServer;
  let name: string;
  let ledger: PostgresLedger;
  let databases = 0;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());
  beforeEach(async () => {
    name = `sql_${++databases}`;
    const url = await server.createDatabase(name);
    ledger = new PostgresLedger({ url, schema: "sterna", scope: { system: "shop", environment: "staging" } });
  });
  afterEach(async () => ledger.close());

  const step = (program: Partial<SqlInput>, overrides: Partial<StepDefinition> = {}): StepDefinition =>
    stepDefinition.parse({
      id: "s1",
      system: "shop",
      environment: "staging",
      release: "1.0.0",
      title: "A step",
      phase: "migrate",
      program: {
        kind: "sql",
        database: { env: "UNUSED" },
        up: "create table t (n int)",
        down: "drop table t",
        verify: [{ query: "select to_regclass('t')", expected: "t" }],
        ...program,
      },
      variables: {},
      after: [],
      onRetry: "resume",
      onDestroy: "rollback",
      ...overrides,
    });

  const row = async () => ledger.get("s1");

  it("reads the variables of its environment, whatever the others are called", async () => {
    // GIVEN
    const variables = { BUCKET: "a'b", "my-queue": "q", "1st": "x", "a b": "y", ü: "z", "": "empty" };
    const verify = [{ query: "select current_setting('sterna.BUCKET')", expected: "a'b" }];

    // WHEN
    const applied = await applyStep(step({ verify }, { variables }), ledger);

    // THEN
    expect(applied.outcome).toBe("ran");
  });

  it("is asked by several statements: the last one answers", async () => {
    // WHEN
    const verify = [{ query: "set local search_path to public; select count(*) from t", expected: "0" }];
    const applied = await applyStep(step({ verify }), ledger);

    // THEN
    expect(applied.outcome).toBe("ran");
  });

  it("answers with text: null, no rows, several rows, dates in UTC", async () => {
    // GIVEN
    const verify = [
      { query: "select null", expected: "null" },
      { query: "select 1 where false", expected: "[]" },
      { query: "select 1, true union all select 2, null", expected: '[["1","t"],["2",null]]' },
      { query: "select timestamptz '2026-07-01 12:00+02'", expected: "2026-07-01 10:00:00+00" },
    ];

    // WHEN
    const applied = await applyStep(step({ verify }), ledger);

    // THEN
    expect(applied.record.status).toBe("applied");
  });

  it("without a transaction may do what PostgreSQL refuses inside of one", async () => {
    // GIVEN
    await server.query("create table t (n int)", name);

    // WHEN
    const definition = step({
      transaction: false,
      up: "create index concurrently t_n on t (n)",
      down: "drop index concurrently t_n",
      verify: [{ query: "select indisvalid from pg_index where indexrelid = 't_n'::regclass", expected: "t" }],
    });
    const applied = await applyStep(definition, ledger);
    const undone = await rollbackStep(definition, ledger);

    // THEN
    expect([applied.outcome, undone]).toEqual(["ran", "undone"]);
    expect(await row()).toBeUndefined();
  });

  it.each([true, false])("stops at its timeout (transaction: %s)", async (transaction) => {
    // WHEN
    const started = performance.now();
    const running = applyStep(step({ transaction, up: "select pg_sleep(60)" }, { timeout: 1 }), ledger);

    // THEN
    await expect(running).rejects.toMatchObject({ code: "StepTimedOut" });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await row()).toMatchObject({ status: "failed", partial: !transaction });
  });

  it("does not begin when Terraform was interrupted before its turn", async () => {
    // WHEN
    const running = applyStep(step({}), ledger, { signal: AbortSignal.abort() });

    // THEN
    await expect(running).rejects.toMatchObject({ code: "StepInterrupted" });
    expect(await server.query("select to_regclass('t')::text as t", name)).toEqual([{ t: null }]);
  });

  it("begins no statement once it was stopped: between two statements there is nothing to cancel", async () => {
    // GIVEN
    const client = new Client(server.url(name));
    await client.connect();
    const stopped = { ...stepContext("s1", { signal: AbortSignal.abort() }), client };
    const { program } = step({ probe: { query: "create table asked ()", expected: "[]" } });

    // WHEN
    const attempts = [];
    for (const work of ["probe", "up", "verify", "down"] as const) {
      attempts.push(...(await Promise.allSettled([sqlKind[work]!(program as never, stopped, undefined)])));
    }
    await client.end();

    // THEN
    expect(attempts.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    expect(await server.query("select 1 from pg_tables where schemaname = 'public'", name)).toEqual([]);
  });

  it("stays applied when its down failed: the transaction undid the undoing", async () => {
    // GIVEN
    const definition = step({ down: "drop table t; select 1/0" });
    await applyStep(definition, ledger);

    // WHEN
    const failed = rollbackStep(definition, ledger);

    // THEN
    const error = "division by zero (SQLSTATE 22012)\nline 1 of down";
    await expect(failed).rejects.toMatchObject({
      code: "RollbackFailed",
      message: `${error}:\n  drop table t; select 1/0`,
    });
    expect(await row()).toMatchObject({ status: "applied", error });
    expect((await applyStep(definition, ledger)).outcome).toBe("found");
    expect((await row())!.error).toBeUndefined();
  });

  it("is undone with the program that the ledger recorded, not with the one of today", async () => {
    // GIVEN
    await applyStep(step({}), ledger);

    // WHEN
    const outcome = await rollbackStep(step({ up: "select 2", down: "select 1/0" }), ledger);

    // THEN
    expect(outcome).toBe("undone");
    expect(await server.query("select to_regclass('t')::text as t", name)).toEqual([{ t: null }]);
  });

  it("that failed in its transaction left nothing: it can be removed even if it is irreversible", async () => {
    // GIVEN
    const definition = step({ up: "select 1/0", down: undefined }, { irreversible: "it drops data" });
    await expect(applyStep(definition, ledger)).rejects.toMatchObject({ code: "StepFailed" });

    // WHEN
    const outcome = await rollbackStep(definition, ledger);

    // THEN
    expect(outcome).toBe("nothing");
    expect(await row()).toBeUndefined();
  });

  it("says which row cannot be read, and where it is", async () => {
    // GIVEN
    await applyStep(step({}), ledger);
    await server.query(`update sterna.ledger set record = replace(record, '"applied"', '"paused"')`, name);

    // WHEN
    const reading = row();

    // THEN
    await expect(reading).rejects.toMatchObject({ code: "LedgerRowUnreadable" });
    await expect(reading).rejects.toThrow(`table sterna.ledger of database ${name}`);
    await expect(reading).rejects.toThrow("status");
  });
});
