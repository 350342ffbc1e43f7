import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { EngineWorkspace, worldStep } from "../../support/engine-workspace";
import { requires } from "../../support/requirements";
import { expectExit } from "../../support/expect-exit";
import { unwrapped } from "../../support/unwrapped";

const FIVE = ["s1", "s2", "s3", "s4", "s5"];

requires("terraform")("steps in Terraform", () => {
  let workspace: EngineWorkspace;

  beforeEach(async () => {
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure([]);
  });
  afterEach(() => workspace.remove());

  const steps = (ids: string[], overrides: Record<string, { up?: string; down?: string }> = {}) =>
    ids.map((id) => worldStep(workspace, id, overrides[id]));

  /** Fails the first time, and leaves a half behind. */
  const failsOnce = (id: string): string => `echo "HALF ${id}" >> "$WORLD"
if [ "$(grep -c "HALF ${id}" "$WORLD")" -lt 2 ]; then echo "no space left"; exit 7; fi
echo "UP ${id}" >> "$WORLD"
`;

  it("are applied in order, and the second plan is empty", async () => {
    // GIVEN
    workspace.configure(steps(FIVE));
    await workspace.init();

    // WHEN
    const plan = await workspace.plan();
    const applied = await workspace.apply();
    const second = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(2);
    expect(unwrapped(plan.stdout)).toContain('run: bash -euo pipefail <<< echo \\"UP s1\\"');
    expectExit(applied);
    expect(workspace.worldLines()).toEqual(FIVE.map((id) => `UP ${id}`));
    expect(await workspace.ledgerRows()).toEqual(Object.fromEntries(FIVE.map((id) => [id, "applied"])));
    expectExit(second);
  });

  it("resume at the third of five when it failed", async () => {
    // GIVEN
    workspace.configure(steps(FIVE, { s3: { up: failsOnce("s3") } }));
    await workspace.init();

    // WHEN
    const failed = await workspace.apply();
    const rowsBetween = await workspace.ledgerRows();
    const resumed = await workspace.apply();

    // THEN
    expect(failed.exitCode).toBe(1);
    expect(unwrapped(failed.stderr)).toContain('Step "s3" failed [StepFailed]');
    expect(unwrapped(failed.stderr)).toContain("exit status 7");
    expect(unwrapped(failed.stderr)).toContain("no space left");
    expect(rowsBetween).toEqual({ s1: "applied", s2: "applied", s3: "failed" });
    expectExit(resumed);
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2", "HALF s3", "HALF s3", "UP s3", "UP s4", "UP s5"]);
    expect((await workspace.plan()).exitCode).toBe(0);
  });

  it("undo a half-applied attempt first when they say compensate", async () => {
    // GIVEN
    const [s1, s2] = steps(["s1", "s2"], { s2: { up: failsOnce("s2") } });
    workspace.configure([s1!, { ...s2!, arguments: { on_retry: "compensate" } }]);
    await workspace.init();
    await workspace.apply();

    // WHEN
    const retried = await workspace.apply();

    // THEN
    expectExit(retried);
    expect(workspace.worldLines()).toEqual(["UP s1", "HALF s2", "DOWN s2", "HALF s2", "UP s2"]);
  });

  it("are rolled back in reverse order when the newest leave the configuration", async () => {
    // GIVEN
    workspace.configure(steps(FIVE));
    await workspace.init();
    await workspace.apply();

    // WHEN
    workspace.configure(steps(["s1", "s2"]));
    const plan = await workspace.plan();
    const rolledBack = await workspace.apply();

    // THEN
    expect(plan.stdout.match(/Warning: Steps will be rolled back\s+s[345] \(1.0.0\): Does s[345]/g)).toHaveLength(3);
    expectExit(rolledBack);
    expect(workspace.worldLines().slice(5)).toEqual(["DOWN s5", "DOWN s4", "DOWN s3"]);
    expect(await workspace.ledgerRows()).toEqual({ s1: "applied", s2: "applied" });
    expect((await workspace.plan()).exitCode).toBe(0);
  });

  it("are rolled back by a release that never knew them, and has no provider block", async () => {
    // GIVEN
    workspace.configure(steps(["s1", "s2", "s3"]));
    await workspace.init();
    await workspace.apply();

    // WHEN an old release is applied: nothing in it names Sterna
    workspace.write({ resource: { terraform_data: { app: { input: "0.9" } } } });
    const blind = await workspace.apply();
    workspace.environment.STERNA_LEDGER = JSON.stringify(workspace.ledger);
    workspace.environment.STERNA_ENVIRONMENT = "staging";
    const rolledBack = await workspace.apply();

    // THEN
    expect(blind.exitCode).toBe(1);
    expect(blind.stderr).toContain("[LedgerNotConfigured]");
    expectExit(rolledBack);
    expect(workspace.worldLines().slice(3)).toEqual(["DOWN s3", "DOWN s2", "DOWN s1"]);
  });

  it("are compensated when a half-applied one leaves the configuration", async () => {
    // GIVEN
    workspace.configure(steps(["s1", "s2", "s3"], { s3: { up: 'echo "HALF s3" >> "$WORLD"; exit 1' } }));
    await workspace.init();
    await workspace.apply();

    // WHEN
    workspace.configure(steps(["s1", "s2"]));
    const rolledBack = await workspace.apply();

    // THEN
    expectExit(rolledBack);
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2", "HALF s3", "DOWN s3"]);
    expect(await workspace.ledgerRows()).toEqual({ s1: "applied", s2: "applied" });
  });

  it("stay, with those before them, when a down fails; the next apply goes on", async () => {
    // GIVEN
    const flag = `${workspace.world}.mended`;
    const down = `test -e "${flag}" || { echo "table is in use"; exit 9; }\necho "DOWN s3" >> "$WORLD"`;
    workspace.configure(steps(["s1", "s2", "s3", "s4"], { s3: { down } }));
    await workspace.init();
    await workspace.apply();
    workspace.configure(steps(["s1"]));

    // WHEN
    const failed = await workspace.apply();
    const between = await workspace.ledgerRows();
    writeFileSync(flag, "");
    const finished = await workspace.apply();

    // THEN
    expect(failed.exitCode).toBe(1);
    expect(unwrapped(failed.stderr)).toContain('Step "s3" was not rolled back [RollbackFailed]');
    expect(unwrapped(failed.stderr)).toContain("table is in use");
    expect(between).toEqual({ s1: "applied", s2: "applied", s3: "undoing" });
    expectExit(finished);
    expect(workspace.worldLines().slice(4)).toEqual(["DOWN s4", "DOWN s3", "DOWN s2"]);
  });

  it("are adopted, not run again, when the state is lost", async () => {
    // GIVEN
    workspace.configure(steps(["s1", "s2", "s3"]));
    await workspace.init();
    await workspace.apply();

    // WHEN
    workspace.loseState();
    const plan = await workspace.plan();
    const adopted = await workspace.apply();

    // THEN
    expect(unwrapped(plan.stdout)).toContain("Steps are applied already: they will be adopted, not run again");
    expectExit(adopted);
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2", "UP s3"]);
    expect((await workspace.plan()).exitCode).toBe(0);
  });

  it("are adopted by import blocks without a change", async () => {
    // GIVEN
    workspace.configure(steps(["s1", "s2"]));
    await workspace.init();
    await workspace.apply();
    workspace.loseState();

    // WHEN
    const blocks = ["s1", "s2"].map((id) => ({ to: `sterna_step.${id}`, id: `shop/${id}` }));
    workspace.configure(steps(["s1", "s2"]), { import: blocks });
    const imported = await workspace.apply();

    // THEN
    expect(unwrapped(imported.stdout)).toContain("2 imported, 0 added, 0 changed, 0 destroyed");
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("run again when their row vanished from the ledger, with a warning in the plan", async () => {
    // GIVEN
    workspace.configure(steps(["s1"]));
    await workspace.init();
    await workspace.apply();

    // WHEN
    rmSync(`${workspace.directory}/ledger/s1.json`);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(2);
    expect(unwrapped(plan.stdout)).toContain("An applied step vanished from the ledger");
  });

  it("may get another title, down or timeout after they were applied: the ledger learns it, nothing runs", async () => {
    // GIVEN
    workspace.configure(steps(["s1"]));
    await workspace.init();
    await workspace.apply();

    // WHEN
    const [rewritten] = steps(["s1"], { s1: { down: 'echo "BETTER DOWN s1" >> "$WORLD"' } });
    workspace.configure([{ ...rewritten!, arguments: { title: "New title", timeout: 30 } }]);
    const updated = await workspace.apply();
    const [record] = await workspace.ledgerRecords();
    workspace.configure([]);
    await workspace.apply();

    // THEN
    expect(unwrapped(updated.stdout)).toContain("0 added, 1 changed, 0 destroyed");
    expect(record).toMatchObject({ title: "New title", timeout: 30, attempt: 1 });
    expect(workspace.worldLines()).toEqual(["UP s1", "BETTER DOWN s1"]);
  });

  it("run as reviewed when the script changes between plan and apply", async () => {
    // GIVEN
    workspace.configure(steps(["s1"]));
    await workspace.init();
    await workspace.plan("-out=reviewed.tfplan");

    // WHEN
    workspace.configure(steps(["s1"], { s1: { up: 'echo "TAMPERED" >> "$WORLD"' } }));
    const applied = await workspace.run(["apply", "reviewed.tfplan"]);

    // THEN
    expectExit(applied);
    expect(workspace.worldLines()).toEqual(["UP s1"]);
  });

  it("stop at their timeout, with everything they started", async () => {
    // GIVEN
    const [step] = steps(["s1"], { s1: { up: "sleep 300 & wait" } });
    workspace.configure([{ ...step!, arguments: { timeout: 1 } }]);
    await workspace.init();

    // WHEN
    const failed = await workspace.apply();

    // THEN
    expect(failed.stderr).toContain("[StepTimedOut]");
    expect(unwrapped(failed.stderr)).toContain("stopped after its timeout of 1 seconds");
  });

  it("fail when their verify query gives another answer than expected", async () => {
    // GIVEN
    const [step] = steps(["s1"], { s1: { up: "true" } });
    workspace.configure([step!]);
    await workspace.init();

    // WHEN
    const failed = await workspace.apply();

    // THEN
    expect(failed.stderr).toContain("[VerificationFailed]");
    expect(unwrapped(failed.stderr)).toContain("expected: yes");
    expect(failed.stderr).toMatch(/got:\s+exit status/);
  });
});
