import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { execa } from "execa";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import type { StepDefinition } from "../../../lib/manifest/step-record";
import { FaultyProxy } from "../../support/faulty-proxy";
import { lockStep } from "../../support/lock-steps";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { repositoryRoot } from "../../support/repository";
import { requires } from "../../support/requirements";

const SCOPE = { system: "shop", environment: "staging" };
const WORKER = join(repositoryRoot, "test/support/apply-step-worker.ts");
/** Grace for a cancelled statement, and for the note of the failure; the rest is for a busy machine. */
const STOPPED_WITHIN_SECONDS = 40;

requires("postgres")("the lock of a ledger in PostgreSQL", () => {
  let server: PostgresServer;
  let directory: string;
  let name: string;
  let url: string;
  let ledgers: PostgresLedger[];
  let databases = 0;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    ledgers = [];
    directory = mkdtempSync(join(tmpdir(), "sterna-sessions-"));
    name = `sessions_${++databases}`;
    url = await server.createDatabase(name);
  });
  afterEach(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  const open = (address = url): PostgresLedger => {
    const ledger = new PostgresLedger({ url: address, schema: "sterna", scope: SCOPE });
    ledgers.push(ledger);
    return ledger;
  };
  const query = <Row>(sql: string) => server.query<Row>(sql, name);
  const runs = () => readFileSync(join(directory, "runs"), "utf8").trim().split("\n").length;
  /** Says that it runs, and works for some seconds. */
  const command = (seconds: number, then = "true") =>
    lockStep.command(`echo run >> ${directory}/runs; sleep ${seconds}; ${then}`);
  const applyElsewhere = async (step: StepDefinition) => {
    const { stdout } = await execa(process.execPath, ["--import", "tsx", WORKER, url, JSON.stringify(step)], {
      cwd: repositoryRoot,
    });
    return stdout;
  };
  const began = async () => {
    while (!existsSync(join(directory, "runs"))) await sleep(50);
  };
  const endSessions = () =>
    query(`select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid()`);

  it("outlives an idle cut: a long command runs once, and is recorded", async () => {
    // GIVEN
    await query(`alter database ${name} set idle_session_timeout = '1s'`);

    // WHEN
    const applied = await applyStep(command(3), open());

    // THEN
    expect(applied.outcome).toBe("ran");
    expect(runs()).toBe(1);
    expect((await open().get("s1"))?.status).toBe("applied");
  });

  it("outlives the end of its session, and the next apply finds the step", async () => {
    // GIVEN
    const applying = applyStep(command(3), open());
    await began();

    // WHEN
    await endSessions();

    // THEN
    expect((await applying).outcome).toBe("ran");
    expect((await applyStep(command(3), open())).outcome).toBe("found");
    expect(runs()).toBe(1);
  });

  it("outlives a proxy that forgets it, although the server still knows the old session", async () => {
    // GIVEN
    const proxy = await FaultyProxy.start(server.port);
    const applying = applyStep(command(3), open(proxy.through(url)));
    await began();

    // WHEN
    proxy.cut("client");

    // THEN
    expect((await applying).outcome).toBe("ran");
    expect(runs()).toBe(1);
    await proxy.stop();
  });

  it("keeps a second apply away after it was lost, until the first one has recorded its success", async () => {
    // GIVEN
    const applying = applyStep(command(4), open());
    await began();

    // WHEN
    await endSessions();
    // In a process of its own: a row of this very process would count as work that it is done with.
    const second = await applyElsewhere(command(4));

    // THEN
    expect((await applying).outcome).toBe("ran");
    expect(second).toBe("found");
    expect(runs()).toBe(1);
  });

  it("stops a command whose row another run wrote after the lock was lost, and writes nothing more", async () => {
    // GIVEN
    const applying = applyStep(command(30, `touch ${directory}/late`), open());
    const failed = expect(applying).rejects.toMatchObject({ code: "LedgerConflict" });
    await began();

    // WHEN another machine takes over
    await query("update sterna.ledger set record = replace(record, 'A step', 'Of another machine')");
    await endSessions();

    // THEN
    await failed;
    expect(await open().get("s1")).toMatchObject({ title: "Of another machine", status: "running" });
    expect(existsSync(join(directory, "late"))).toBe(false);
  });

  it("is not all that keeps a step from taking effect twice: the row does as well", async () => {
    // GIVEN a script that gives the lock away, so that both runs work on the step at once
    await query("create table effects (n int)");
    const step = lockStep.sql("select pg_advisory_unlock_all(); insert into effects values (1); select pg_sleep(2)");

    // WHEN
    const first = applyStep(step, open());
    while (
      (
        await query(
          "select 1 from pg_stat_activity where query like '%pg_sleep(2)%' and state = 'active' and pid <> pg_backend_pid()",
        )
      ).length === 0
    )
      await sleep(50);
    const ended = await Promise.allSettled([first, applyStep(step, open())]);

    // THEN
    expect(ended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const { reason } = ended.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: "LedgerConflict" });
    expect(await query("select count(*)::int as n from effects")).toEqual([{ n: 1 }]);
    expect((await open().get("s1"))?.status).toBe("applied");
  });

  it("is not enough for a script that ends the transaction of its row: that is refused", async () => {
    const applying = applyStep(lockStep.sql("create table t (n int); commit; select 1"), open());
    await expect(applying).rejects.toMatchObject({ code: "SqlControlsTransaction" });
    expect((await open().get("s1"))?.status).toBe("failed");
  });

  it.each([
    ["in the middle of a script", "a timeout", "pg_sleep"],
    ["in the middle of a script", "an interrupt", "pg_sleep"],
    ["before it answers to a commit", "a timeout", "commit"],
    ["before it answers to a commit", "an interrupt", "commit"],
    ["before it answers to the question for the lock", "an interrupt", "pg_try_advisory_lock"],
  ])(
    "gives up a server that falls silent %s, on %s, and the next apply brings it in order",
    async (_when, end, from) => {
      // GIVEN
      const proxy = await FaultyProxy.start(server.port);
      proxy.fallSilent((heard) => heard.includes(from));
      const script = "create table t (n int); select pg_sleep(0.2)";
      const interrupt = new AbortController();

      // WHEN
      const begun = performance.now();
      if (end === "an interrupt") setTimeout(() => interrupt.abort(), 1500);
      const applying = applyStep(
        lockStep.sql(script, end === "a timeout" ? { timeout: 1.5 } : {}),
        open(proxy.through(url)),
        { signal: interrupt.signal },
      );

      // THEN
      await expect(applying).rejects.toMatchObject({ code: end === "a timeout" ? "StepTimedOut" : "StepInterrupted" });
      expect((performance.now() - begun) / 1000).toBeLessThan(STOPPED_WITHIN_SECONDS);
      await proxy.stop();
      await applyStep(lockStep.sql(script), open());
      expect((await open().get("s1"))?.status).toBe("applied");
    },
  );

  it("says on whom a step waits, and since when", async () => {
    // GIVEN
    const said: string[] = [];
    const first = applyStep(command(2), open());
    await began();

    // WHEN
    await applyStep(command(2), open(), { onProgress: (message) => said.push(message), logs: directory });
    await first;

    // THEN
    const holder = `(sterna, process ${process.pid} on ${hostname()} from 127.0.0.1 since 20`;
    expect(said[0]).toContain("waits for session ");
    expect(said[0]).toContain(holder);
    expect(readFileSync(join(directory, "s1.log"), "utf8")).toContain(holder);
  });

  it("waits for a server that starts", async () => {
    // GIVEN
    const down = await startPostgres();
    const address = await down.createDatabase("shop");
    down.kill();

    // WHEN
    const applying = applyStep(command(0), open(address));
    await sleep(700);
    await down.restart();

    // THEN
    expect((await applying).outcome).toBe("ran");
    await down.stop();
  });
});
