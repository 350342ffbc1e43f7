import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ledgerConfig } from "../../../lib/manifest/ledger-config";
import { EngineWorkspace, worldStep, type StepInput } from "../../support/engine-workspace";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { quiet } from "../../support/processes";
import { requires } from "../../support/requirements";
import type { TerraformRun } from "../../support/terraform";
import { expectExit } from "../../support/expect-exit";
import { unwrapped } from "../../support/unwrapped";

const SLOW_SECONDS = 3;

requires("terraform", "postgres")("faults in the middle of an apply", () => {
  let server: PostgresServer;
  let database = 0;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());

  describe("of SQL steps", () => {
    let workspace: EngineWorkspace;
    let name: string;

    beforeEach(async () => {
      name = `shop_${++database}`;
      const url = await server.createDatabase(name);
      const ledger = ledgerConfig.parse({ kind: "postgres", url: { env: "SHOP_DATABASE_URL" } });
      workspace = new EngineWorkspace(ledger, { SHOP_DATABASE_URL: url });
    });
    afterEach(() => workspace.remove());

    /** Each creates a table and counts its own runs; the second one is slow. */
    const sqlSteps = (): StepInput[] =>
      ["s1", "s2", "s3"].map((id) => ({
        id,
        program: {
          kind: "sql",
          database: { env: "SHOP_DATABASE_URL" },
          up: `create table ${id} (n int); insert into ${id} values (1); ${id === "s2" ? `select pg_sleep(${SLOW_SECONDS})` : ""}`,
          down: `drop table ${id}`,
          verify: [{ query: `select count(*) from ${id}`, expected: "1" }],
        },
      }));

    const tables = async (): Promise<string[]> =>
      (
        await server.query<{ name: string }>(
          "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
          name,
        )
      ).map((row) => row.name);

    const attempts = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await workspace.ledgerRecords()).map((record) => [record.id, record.attempt]));

    it("a killed Terraform, lost state and two applies at once: each step takes effect exactly once", async () => {
      // GIVEN
      workspace.configure(sqlSteps());
      await workspace.init();
      const second = new EngineWorkspace(workspace.ledger, workspace.environment);
      second.configure(sqlSteps());
      await second.init();
      const killed = workspace.startApply();
      await until(async () => (await sleeping(server)) > 0);

      // WHEN
      killed.kill("SIGKILL");
      await killed.result;
      workspace.loseState();
      const both = await Promise.all([workspace.apply(), second.apply()]);

      // THEN
      expect(both.map((run) => run.exitCode)).toEqual([0, 0]);
      expect(await tables()).toEqual(["s1", "s2", "s3"]);
      expect(await attempts()).toEqual({ s1: 1, s2: 1, s3: 1 });
      expect((await workspace.plan()).exitCode).toBe(0);
      second.remove();
    });

    it("a killed Terraform and a killed provider: PostgreSQL undoes the half, the next apply runs it once", async () => {
      // GIVEN
      workspace.configure(sqlSteps());
      await workspace.init();
      const killed = workspace.startApply();
      await until(async () => (await sleeping(server)) > 0);

      // WHEN
      const provider = providerOf(killed);
      killed.kill("SIGKILL");
      process.kill(provider, "SIGKILL");
      await killed.result;
      const applied = await workspace.apply();

      // THEN
      expectExit(applied);
      expect(await tables()).toEqual(["s1", "s2", "s3"]);
      expect((await server.query("select count(*)::int as n from s2", name))[0]).toEqual({ n: 1 });
    });

    it("a killed database: the apply says so, and the next one resumes", async () => {
      // GIVEN
      workspace.configure(sqlSteps());
      await workspace.init();
      const running = workspace.startApply();
      await until(async () => (await sleeping(server)) > 0);

      // WHEN
      server.kill();
      const failed = await running.result;
      await server.restart();
      const applied = await workspace.apply();

      // THEN
      expect(failed.exitCode).toBe(1);
      expect(unwrapped(failed.stderr)).toContain('Step "s2" failed');
      expectExit(applied);
      expect(await tables()).toEqual(["s1", "s2", "s3"]);
    });

    it("a failing verify: nothing is left of the step but the reason", async () => {
      // GIVEN
      const [s1, s2] = sqlSteps() as [StepInput, StepInput];
      const verify = [{ query: "select count(*) from s1", expected: "2" }];
      workspace.configure([{ ...s1, program: { ...s1.program, verify } as StepInput["program"] }, s2]);
      await workspace.init();

      // WHEN
      const failed = await workspace.apply();

      // THEN
      expect(failed.stderr).toContain("[VerificationFailed]");
      expect(await tables()).toEqual([]);
      expect(await workspace.ledgerRows()).toEqual({ s1: "failed" });
    });

    it("a failed SQL step that leaves the configuration needs no down", async () => {
      // GIVEN
      const [s1, s2] = sqlSteps() as [StepInput, StepInput];
      const broken = { ...s2, program: { ...s2.program, up: "create table s2 (n int); select 1/0" } } as StepInput;
      workspace.configure([s1, broken]);
      await workspace.init();
      const failed = await workspace.apply();

      // WHEN
      workspace.configure([s1]);
      const removed = await workspace.apply();

      // THEN
      expect(unwrapped(failed.stderr)).toContain("division by zero");
      expectExit(removed);
      expect(await workspace.ledgerRows()).toEqual({ s1: "applied" });
    });

    it("an interrupt: the statement is cancelled, the step is failed, the next apply goes on", async () => {
      // GIVEN
      workspace.configure(sqlSteps());
      await workspace.init();
      const running = workspace.startApply();
      await until(async () => (await sleeping(server)) > 0);

      // WHEN
      running.kill("SIGINT");
      const interrupted = await running.result;
      const applied = await workspace.apply();

      // THEN
      expect(interrupted.exitCode).toBe(1);
      expect(interrupted.stderr).toContain("[StepInterrupted]");
      expectExit(applied);
      expect(await tables()).toEqual(["s1", "s2", "s3"]);
    });

    it("a ledger of the stack elsewhere: it gets a receipt, in which the next environment finds its proof", async () => {
      // GIVEN a stack whose ledger is a directory, while its SQL step keeps its row in the database
      const stack = new EngineWorkspace(
        ledgerConfig.parse({ kind: "file", directory: "ledger" }),
        workspace.environment,
      );
      const [s1] = sqlSteps() as [StepInput];
      stack.configure([s1]);
      await stack.init();
      const proof = JSON.stringify({
        environment: "staging",
        ledger: { kind: "file", directory: `${stack.directory}/ledger` },
      });

      // WHEN
      expectExit(await stack.apply());
      const receipts = await stack.ledgerRows();
      workspace.configure([{ ...s1, arguments: { proof } }]);
      await workspace.init();
      const proved = await workspace.plan();
      stack.configure([]);
      expectExit(await stack.apply());
      workspace.loseState();
      const unproved = await workspace.plan();

      // THEN
      expect(receipts).toEqual({ s1: "applied" });
      expect(proved.exitCode).toBe(2);
      expect(await stack.ledgerRows()).toEqual({});
      expect(unproved.stderr).toContain("[StepNotProved]");
      stack.remove();
    });

    it("secrets of the database stay out of state, plan and messages", async () => {
      // GIVEN
      const password = new URL(workspace.environment.SHOP_DATABASE_URL!).password;
      workspace.configure(sqlSteps());
      await workspace.init();
      await workspace.apply("-parallelism=1");

      // WHEN
      const wrong = `postgresql://postgres:canary-4711@127.0.0.1:${server.port}/${name}`;
      const refused = await workspace.run(["plan"], { SHOP_DATABASE_URL: wrong });

      // THEN
      expect(readFileSync(`${workspace.directory}/terraform.tfstate`, "utf8")).not.toContain(password);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("[DatabaseRefused]");
      expect(unwrapped(refused.stderr)).toContain("password authentication failed");
      expect(refused.stderr).not.toContain("canary-4711");
    });
  });

  describe("of commands", () => {
    let workspace: EngineWorkspace;

    beforeEach(() => {
      workspace = EngineWorkspace.withFileLedger();
    });
    afterEach(() => workspace.remove());

    const slow = (id = "slow"): StepInput =>
      worldStep(workspace, id, { up: `echo BEGIN >> "$WORLD"; sleep ${SLOW_SECONDS}; echo "UP ${id}" >> "$WORLD"` });

    it("a killed Terraform: the step finishes, and the apply that follows at once waits and adopts it", async () => {
      // GIVEN
      workspace.configure([slow()]);
      await workspace.init();
      const killed = workspace.startApply();
      await until(() => existsSync(workspace.world));

      // WHEN
      killed.kill("SIGKILL");
      await killed.result;
      const applied = await workspace.apply();

      // THEN
      expectExit(applied);
      expect(workspace.worldLines()).toEqual(["BEGIN", "UP slow"]);
    });

    it("a killed provider: its runner finishes the step, so it neither gets lost nor runs twice", async () => {
      // GIVEN
      workspace.configure([slow()]);
      await workspace.init();
      const running = workspace.startApply();
      await until(() => existsSync(workspace.world));

      // WHEN
      process.kill(providerOf(running), "SIGKILL");
      const died = await running.result;
      const applied = await workspace.apply();

      // THEN
      expect(died.exitCode).toBe(1);
      expectExit(applied);
      expect(workspace.worldLines()).toEqual(["BEGIN", "UP slow"]);
      expect(await workspace.ledgerRows()).toEqual({ slow: "applied" });
    });

    it("a killed provider while two steps run: the runner finishes both, and the next apply adopts them", async () => {
      // GIVEN
      workspace.configure(["s1", "s2"].map((id) => ({ ...slow(id), after: [] })));
      await workspace.init();
      const running = workspace.startApply();
      await until(() => begun(workspace) === 2);

      // WHEN
      process.kill(providerOf(running), "SIGKILL");
      await running.result;
      const applied = await workspace.apply();

      // THEN
      expectExit(applied);
      expect(workspace.worldLines().sort()).toEqual(["BEGIN", "BEGIN", "UP s1", "UP s2"]);
      expect((await workspace.ledgerRecords()).map(({ attempt }) => attempt)).toEqual([1, 1]);
      await quiet(workspace.directory);
    });

    it("an interrupt: the command is stopped, the step is failed, the next apply runs it again", async () => {
      // GIVEN
      workspace.configure([slow()]);
      await workspace.init();
      const running = workspace.startApply();
      await until(() => existsSync(workspace.world));

      // WHEN
      running.kill("SIGINT");
      const interrupted = await running.result;
      const applied = await workspace.apply();

      // THEN
      expect(interrupted.exitCode).toBe(1);
      expect(interrupted.stderr).toContain("[StepInterrupted]");
      expectExit(applied);
      expect(workspace.worldLines()).toEqual(["BEGIN", "BEGIN", "UP slow"]);
    });

    it("an interrupt of a step that finishes: it comes to its end, the one behind it does not begin", async () => {
      // GIVEN
      workspace.configure([{ ...slow(), arguments: { on_stop: "finish" } }, worldStep(workspace, "next")]);
      await workspace.init();
      const running = workspace.startApply();
      await until(() => existsSync(workspace.world));

      // WHEN
      running.kill("SIGINT");
      const interrupted = await running.result;

      // THEN
      expect(interrupted.exitCode).toBe(1);
      expect(workspace.worldLines()).toEqual(["BEGIN", "UP slow"]);
      expect(await workspace.ledgerRows()).toEqual({ slow: "applied" });
      expectExit(await workspace.apply());
      expect(workspace.worldLines()).toEqual(["BEGIN", "UP slow", "UP next"]);
    });
  });
});

/** How often a command of a step began. */
function begun(workspace: EngineWorkspace): number {
  return workspace.worldLines().filter((line) => line === "BEGIN").length;
}

/** Statements that sleep in the server now. */
async function sleeping(server: PostgresServer): Promise<number> {
  const [row] = await server.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where state = 'active' and query like 'create table s2%pg_sleep%'",
  );
  return row!.n;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error("the awaited condition never came true");
}

/** The provider's process: a child of Terraform that runs Sterna's engine. */
function providerOf(run: TerraformRun): number {
  const parentOf = (pid: string): number => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (command.includes("engine.cjs") && !command.includes("run-steps") && parentOf(pid) === run.pid)
        return Number(pid);
    } catch {
      // The process ended meanwhile.
    }
  }
  throw new Error(`Terraform ${run.pid} has no provider`);
}
