import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineWorkspace, worldStep } from "../../support/engine-workspace";
import { requires } from "../../support/requirements";
import { expectExit } from "../../support/expect-exit";
import { unwrapped } from "../../support/unwrapped";

requires("terraform")("plans that Sterna refuses", () => {
  let workspace: EngineWorkspace;

  beforeEach(async () => {
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure(["s1", "s2"].map((id) => worldStep(workspace, id)));
    await workspace.init();
  });
  afterEach(() => workspace.remove());

  it("an applied step that was edited", async () => {
    // GIVEN
    await workspace.apply();

    // WHEN
    workspace.configure([worldStep(workspace, "s1"), worldStep(workspace, "s2", { up: "echo EDITED" })]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(unwrapped(plan.stderr)).toContain('Step "s2" cannot be planned [AppliedStepEdited]');
    expect(unwrapped(plan.stderr)).toContain("main.tf.json line");
    expect(plan.stderr.replace(/\s+/g, " ")).toContain("write a new step for the further change");
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("an applied step that was edited after the state was lost", async () => {
    // GIVEN
    await workspace.apply();
    workspace.loseState();

    // WHEN
    workspace.configure([worldStep(workspace, "s1"), worldStep(workspace, "s2", { up: "echo EDITED" })]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr).toContain("[AppliedStepEdited]");
  });

  it("a step at another Terraform address, until `moved` says so", async () => {
    // GIVEN
    await workspace.apply();
    const renamed = [worldStep(workspace, "s1"), { ...worldStep(workspace, "s2"), address: "second" }];

    // WHEN
    workspace.configure(renamed);
    const refused = await workspace.plan();
    workspace.configure(renamed, { moved: [{ from: "sterna_step.s2", to: "sterna_step.second" }] });
    const moved = await workspace.apply();

    // THEN
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("[AppliedStepRenamed]");
    expect(unwrapped(refused.stderr)).toContain("moved { from = sterna_step.");
    expect(unwrapped(moved.stdout)).toContain("0 added, 0 changed, 0 destroyed");
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("a step with another id and the same program", async () => {
    // GIVEN
    await workspace.apply();
    const s2 = worldStep(workspace, "s2");

    // WHEN
    workspace.configure([worldStep(workspace, "s1"), { ...s2, id: "s2-renamed" }]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr).toContain("[AppliedStepRenamed]");
    expect(plan.stderr.replace(/\s+/g, " ")).toContain('the same program is created as "s2-renamed"');
  });

  it("the removal of an irreversible step, by its block or by destroy", async () => {
    // GIVEN
    const [s1, s2] = [worldStep(workspace, "s1"), worldStep(workspace, "s2")];
    workspace.configure([s1, { ...s2, arguments: { irreversible: "it drops the old table" } }]);
    await workspace.apply();

    // WHEN
    workspace.configure([s1]);
    const removed = await workspace.plan();
    const destroyed = await workspace.run(["destroy", "-auto-approve"]);

    // THEN
    for (const refused of [removed, destroyed]) {
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("[StepIrreversible]");
      expect(refused.stderr.replace(/\s+/g, " ")).toContain("cannot be undone: it drops the old table");
    }
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("the removal of a step that must stay", async () => {
    // GIVEN
    workspace.configure([{ ...worldStep(workspace, "s1"), arguments: { on_destroy: "refuse" } }]);
    await workspace.apply();

    // WHEN
    workspace.configure([]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr).toContain("[StepRemovalRefused]");
  });

  it("a step that the previous environment has not proved", async () => {
    // GIVEN
    const staging = EngineWorkspace.withFileLedger();
    const proof = JSON.stringify({
      environment: "staging",
      ledger: { kind: "file", directory: join(staging.directory, "ledger") },
    });
    const proved = { ...worldStep(workspace, "s1"), arguments: { proof } };
    try {
      // WHEN
      workspace.configure([proved]);
      const unproved = await workspace.plan();
      staging.configure([worldStep(staging, "s1")]);
      await staging.init();
      await staging.apply();
      const accepted = await workspace.plan();
      workspace.configure([{ ...worldStep(workspace, "s1", { up: "echo EDITED" }), arguments: { proof } }]);
      const different = await workspace.plan();

      // THEN
      expect(unproved.exitCode).toBe(1);
      expect(unproved.stderr).toContain("[StepNotProved]");
      expect(accepted.exitCode).toBe(2);
      expect(different.stderr).toContain("[StepNotProved]");
      expect(unwrapped(different.stderr)).toContain("holds it with the checksum");
    } finally {
      staging.remove();
    }
  });

  it("a program that does not match its schema, at validate", async () => {
    // GIVEN
    workspace.configure([]);
    const program = JSON.stringify({ kind: "sql", database: { env: "DATABASE_URL" }, up: "select 1", verify: [] });

    // WHEN
    workspace.write({
      terraform: { required_providers: { sterna: { source: "sterna/sterna" } } },
      resource: { sterna_step: { s1: { id: "s1", system: "shop", release: "1.0.0", program } } },
    });
    const validated = await workspace.run(["validate"]);

    // THEN
    expect(validated.exitCode).toBe(1);
    expect(validated.stderr).toContain("[InvalidProgram]");
    expect(validated.stderr).toContain("verify");
  });

  it("a ledger that belongs to another environment", async () => {
    // GIVEN
    await workspace.apply();
    workspace.loseState();

    // WHEN
    workspace.configure([worldStep(workspace, "s1")], {
      provider: { sterna: [{ ledger: JSON.stringify(workspace.ledger), environment: "production" }] },
    });
    const applied = await workspace.apply();

    // THEN
    expect(applied.exitCode).toBe(1);
    expect(applied.stderr).toContain("[LedgerOfOtherEnvironment]");
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("an unwritable ledger: nothing runs", async () => {
    // GIVEN a file where the ledger's directory should be: root ignores permissions
    const ledger = join(workspace.directory, "ledger");
    writeFileSync(ledger, "");
    chmodSync(ledger, 0o400);

    // WHEN
    const applied = await workspace.apply();
    rmSync(ledger);
    const mended = await workspace.apply();

    // THEN
    expect(applied.exitCode).toBe(1);
    expect(applied.stderr).toContain("[LedgerUnreachable]");
    expectExit(mended);
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });
});
