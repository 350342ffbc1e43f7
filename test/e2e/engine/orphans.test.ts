import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { ledgerConfig } from "../../../lib/manifest/ledger-config";
import { EngineWorkspace, worldStep, type StepInput } from "../../support/engine-workspace";
import { expectExit } from "../../support/expect-exit";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { killIn, processesIn, type ProcessRole } from "../../support/processes";
import { requires } from "../../support/requirements";

requires("terraform", "postgres")("a command whose runner, shell or lock is gone", () => {
  let server: PostgresServer;
  let workspace: EngineWorkspace;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());
  afterEach(() => workspace.remove());

  /**
   * A step whose processes all hold one lock of the kernel: a run that finds it held writes PARALLEL.
   * @param work what the script does between BEGIN and UP
   */
  const exclusiveStep = (work: string, id = "slow"): StepInput =>
    worldStep(workspace, id, {
      up: [
        `exec 9>>"$WORLD.${id}.lock"; flock --nonblock 9 || echo PARALLEL >> "$WORLD"`,
        'echo BEGIN >> "$WORLD"',
        work,
        `echo "UP ${id}" >> "$WORLD"`,
      ].join("\n"),
    });

  const startAndKill = async (...roles: ProcessRole[]): Promise<void> => {
    const running = workspace.startApply();
    await until(() => workspace.worldLines().includes("BEGIN"));
    for (const role of roles) killIn(workspace.directory, [role]);
    expect((await running.result).exitCode).toBe(1);
  };

  it("a killed runner takes its command with it", async () => {
    // GIVEN
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure([exclusiveStep("sleep 5")]);
    await workspace.init();

    // WHEN
    await startAndKill("runner");

    // THEN
    await until(() => processesIn(workspace.directory).length === 0, 2);
    expect(workspace.worldLines()).toEqual(["BEGIN"]);
    expectExit(await workspace.apply());
    expect(workspace.worldLines()).toEqual(["BEGIN", "BEGIN", "UP slow"]);
  });

  it("a killed runner takes the commands of all its steps with it, and the next apply recovers them", async () => {
    // GIVEN
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure(["s1", "s2", "s3"].map((id) => ({ ...exclusiveStep("sleep 8", id), after: [] })));
    await workspace.init();
    const running = workspace.startApply();
    await until(() => workspace.worldLines().filter((line) => line === "BEGIN").length === 3);

    // WHEN
    expect(killIn(workspace.directory, ["runner"])).toBe(1);
    const failed = await running.result;
    const left = await workspace.ledgerRows();

    // THEN
    expect(failed.exitCode).toBe(1);
    expect(left).toEqual({ s1: "running", s2: "running", s3: "running" });
    expectExit(await workspace.apply());
    expect(workspace.worldLines().sort()).toEqual([...Array(6).fill("BEGIN"), "UP s1", "UP s2", "UP s3"]);
    expect((await workspace.ledgerRecords()).map(({ attempt }) => attempt)).toEqual([2, 2, 2]);
  });

  it("a command that survives its runner and its guard is ended before the step runs again", async () => {
    // GIVEN a command that also ignores the polite signal
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure([exclusiveStep('trap "" TERM; for i in $(seq 50); do sleep 0.1; done')]);
    await workspace.init();

    // WHEN
    await startAndKill("guard", "runner");
    const orphans = processesIn(workspace.directory);
    const applied = await workspace.apply();

    // THEN
    expect(orphans.map(({ role }) => role)).toContain("command");
    expectExit(applied);
    expect(workspace.worldLines()).not.toContain("PARALLEL");
    expect(workspace.worldLines().at(-1)).toBe("UP slow");
  });

  it("children of a killed shell are ended before the lock is free", async () => {
    // GIVEN work in a child that keeps no output of the shell open
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure([exclusiveStep("sleep 5 > /dev/null 2>&1")]);
    await workspace.init();

    // WHEN
    await startAndKill("command");
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expect(workspace.worldLines()).toEqual(["BEGIN", "BEGIN", "UP slow"]);
  });

  it("a runner that lost its lock with the database is waited for", async () => {
    // GIVEN
    const url = await server.createDatabase("orphans");
    workspace = new EngineWorkspace(ledgerConfig.parse({ kind: "postgres", url: { env: "LEDGER_URL" } }), {
      LEDGER_URL: url,
    });
    workspace.configure([exclusiveStep("sleep 5")]);
    await workspace.init();
    const running = workspace.startApply();
    await until(() => workspace.worldLines().includes("BEGIN"));

    // WHEN
    server.kill();
    await server.restart();
    killIn(workspace.directory, ["terraform", "provider"]);
    await running.result;
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expect(workspace.worldLines()).not.toContain("PARALLEL");
    expect((await workspace.plan()).exitCode).toBe(0);
  });
});

async function until(condition: () => boolean, seconds = 30): Promise<void> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(50)) {
    if (condition()) return;
  }
  throw new Error("the awaited condition never came true");
}
