import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { Client } from "pg";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { findStep } from "../../../lib/engine/executor/question-step";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import { planCreate, planRemoval, planUpdate } from "../../../lib/provider/plan-step";
import { PlanMemory } from "../../../lib/provider/plan-memory";
import { ProviderSession } from "../../../lib/provider/session";
import { complete } from "../../../lib/provider/step-state";
import "../../../lib/provider/kinds";
import { lockStep } from "../../support/lock-steps";
import { startPgBouncer, type PgBouncer } from "../../support/pgbouncer";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";

const SCOPE = { system: "shop", environment: "staging" };

requires("postgres", "pgbouncer")("a ledger and SQL steps behind a connection pooler", () => {
  let server: PostgresServer;
  let bouncer: PgBouncer | undefined;
  let name: string;
  let url: string;
  let databases = 0;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    name = `pooled_${++databases}`;
    url = await server.createDatabase(name);
  });
  afterEach(async () => {
    await bouncer?.stop();
    bouncer = undefined;
  });

  const open = (address: string) => new PostgresLedger({ url: address, schema: "sterna", scope: SCOPE });
  const advisoryLocks = () => server.query("select pid from pg_locks where locktype = 'advisory'", name);

  /** Leaves idle sessions in the pool, as an application at work does. */
  async function warm(address: string, count: number): Promise<void> {
    const clients = Array.from({ length: count }, () => new Client({ connectionString: address }));
    for (const client of clients) {
      await client.connect();
      await client.query("begin; select 1");
    }
    for (const client of clients) await client.query("commit");
    await Promise.all(clients.map((client) => client.end()));
  }

  it.each([
    ["transaction", { pool_mode: "transaction" }, 0],
    ["transaction, with one session", { pool_mode: "transaction", default_pool_size: 1 }, 0],
    ["transaction, with idle sessions", { pool_mode: "transaction", default_pool_size: 20 }, 3],
    ["transaction, with prepared statements", { pool_mode: "transaction", server_reset_query_always: 1 }, 2],
    ["statement", { pool_mode: "statement" }, 0],
  ])("are refused before anything runs, in pool mode %s", async (_mode, settings, idle) => {
    // GIVEN
    bouncer = await startPgBouncer(server, settings);
    const ledger = open(bouncer.through(url));
    if (idle > 0) await warm(bouncer.through(url), idle);

    // WHEN
    const applied = applyStep(lockStep.sql("create table t (n int)"), ledger);

    // THEN
    await expect(applied).rejects.toMatchObject({ code: "TransactionPooler" });
    await expect(applied).rejects.toThrow("pool_mode = session");
    await ledger.close();
    expect(await advisoryLocks()).toEqual([]);
    expect(await server.query("select to_regclass('t') as t, to_regnamespace('sterna') as s", name)).toEqual([
      { t: null, s: null },
    ]);
  });

  it("are refused by the plan already: of a new step, of one that failed, and of a rollback", async () => {
    // GIVEN
    bouncer = await startPgBouncer(server, { pool_mode: "transaction" });
    const pooled = { kind: "postgres", url: bouncer.through(url) };
    const session = new ProviderSession({ environment: "staging", ledger: JSON.stringify(pooled) });
    const step = complete({
      ...{ id: "one", system: "shop", release: "1.0.0", title: "One", phase: "migrate", after: [], variables: {} },
      ...{ on_retry: "resume", on_destroy: "rollback", on_stop: "stop" },
      program: JSON.stringify(lockStep.command("true").program),
    });

    // WHEN
    const plans = [
      planCreate(step, session, new PlanMemory()),
      planUpdate({ ...step, status: "failed" }, step, session, new PlanMemory()),
      planRemoval({ ...step, status: "applied" }, session, new PlanMemory()),
    ];

    // THEN
    for (const plan of plans) await expect(plan).rejects.toMatchObject({ code: "TransactionPooler" });
    await session.close();
  });

  it("are refused for commands as well, whose lock would protect nothing", async () => {
    // GIVEN
    bouncer = await startPgBouncer(server, { pool_mode: "transaction" });
    const ledger = open(bouncer.through(url));

    // WHEN
    const applied = applyStep(lockStep.command("touch /nowhere/at/all"), ledger);

    // THEN
    await expect(applied).rejects.toMatchObject({ code: "TransactionPooler" });
    await ledger.close();
  });

  it.each([
    ["with free sessions", { pool_mode: "session", default_pool_size: 5 }],
    ["with a single session, so that the pool is full", { pool_mode: "session", default_pool_size: 1 }],
    ["that keeps its sessions as they are", { pool_mode: "session", server_reset_query: "" }],
  ])("work in pool mode session %s", async (_what, settings) => {
    // GIVEN
    bouncer = await startPgBouncer(server, settings);
    const ledger = open(bouncer.through(url));

    // WHEN
    const applied = await applyStep(lockStep.sql("create table t (n int)"), ledger);

    // THEN
    expect(applied.outcome).toBe("ran");
    await ledger.close();
    expect(await advisoryLocks()).toEqual([]);
  });

  it("leave no session behind that cannot write, after a question through a pool", async () => {
    // GIVEN
    bouncer = await startPgBouncer(server, { pool_mode: "transaction", default_pool_size: 1 });
    const pooled = bouncer.through(url);

    // WHEN
    const found = await findStep(lockStep.sql("create table t (n int)", { database: pooled }));

    // THEN
    expect(found.state).toBe("unknown");
    expect(found.reason).toContain("transaction mode");
    const application = new Client({ connectionString: pooled });
    await application.connect();
    await application.query("create table application (n int)");
    await application.end();
  });
});
