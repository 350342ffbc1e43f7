import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineWorkspace, worldStep, type StepInput } from "../../support/engine-workspace";
import { requires } from "../../support/requirements";
import { expectExit } from "../../support/expect-exit";
import { unwrapped } from "../../support/unwrapped";

requires("terraform")("what Terraform may ask of a step", () => {
  let workspace: EngineWorkspace;

  beforeEach(async () => {
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure([]);
    await workspace.init();
  });
  afterEach(() => workspace.remove());

  const withArguments = (step: StepInput, more: Record<string, unknown>): StepInput => ({
    ...step,
    arguments: { ...step.arguments, ...more },
  });

  /** Fails as often as said, and leaves a half behind each time. */
  const failsTimes = (id: string, times: number): string => `echo "HALF ${id}" >> "$WORLD"
if [ "$(grep -c "HALF ${id}" "$WORLD")" -le ${times} ]; then exit 7; fi
echo "UP ${id}" >> "$WORLD"
`;

  it("to create before it destroys: the old object of a step that failed is dropped, never rolled back", async () => {
    // GIVEN a resource that is created before it is destroyed: Terraform spreads that to all it depends on
    const step = worldStep(workspace, "s1", { up: failsTimes("s1", 2) });
    workspace.configure([withArguments(step, { lifecycle: { create_before_destroy: true } })]);

    // WHEN
    const failed = [await workspace.apply(), await workspace.apply()];
    const applied = await workspace.apply();
    const plan = await workspace.plan();

    // THEN
    expect(failed.map((run) => run.exitCode)).toEqual([1, 1]);
    failed.forEach((run) => expect(run.stderr).toContain("[StepFailed]"));
    expectExit(applied);
    expect(workspace.worldLines().at(-1)).toBe("UP s1");
    expect(await workspace.ledgerRows()).toEqual({ s1: "applied" });
    expectExit(plan);
  });

  it("-replace and taint: an applied step is adopted, and the plan says so", async () => {
    // GIVEN
    workspace.configure([worldStep(workspace, "s1")]);
    await workspace.apply();

    // WHEN
    const replaced = await workspace.apply("-replace=sterna_step.s1");
    await workspace.run(["taint", "sterna_step.s1"]);
    const tainted = await workspace.apply();

    // THEN
    for (const run of [replaced, tainted]) {
      expectExit(run);
      expect(unwrapped(run.stdout)).toContain("Steps are applied already: they will be adopted, not run again");
    }
    expect(workspace.worldLines()).toEqual(["UP s1"]);
    expect(await workspace.ledgerRows()).toEqual({ s1: "applied" });
  });

  it("a plan without refresh, while the ledger has moved on", async () => {
    // GIVEN a step that somebody else rolled back and applied again
    workspace.configure([worldStep(workspace, "s1")]);
    await workspace.apply();
    const row = join(workspace.directory, "ledger/s1.json");
    writeFileSync(
      row,
      readFileSync(row, "utf8").replace(/"appliedAt": "[^"]+"/, '"appliedAt": "2026-01-01T00:00:00.000Z"'),
    );

    // WHEN
    workspace.configure([withArguments(worldStep(workspace, "s1"), { title: "New title" })]);
    const applied = await workspace.apply("-refresh=false");

    // THEN
    expectExit(applied);
    expect(unwrapped(applied.stdout)).toContain("0 added, 1 changed, 0 destroyed");
    expectExit(await workspace.plan());
  });

  it("a plan without refresh of a step that vanished from the ledger", async () => {
    // GIVEN
    workspace.configure([worldStep(workspace, "s1")]);
    await workspace.apply();
    rmSync(join(workspace.directory, "ledger/s1.json"));

    // WHEN
    workspace.configure([withArguments(worldStep(workspace, "s1"), { title: "New title" })]);
    const applied = await workspace.apply("-refresh=false");

    // THEN
    expectExit(applied);
    expect(await workspace.ledgerRows()).toEqual({ s1: "applied" });
  });

  it("arguments that are known after the apply only", async () => {
    // GIVEN
    const step = withArguments(worldStep(workspace, "s1"), {
      title: "${terraform_data.later.output}",
      release: "${terraform_data.later.output}",
      irreversible: "${terraform_data.later.output}",
      timeout: "${length(terraform_data.later.output)}",
      after: ["${terraform_data.later.output}"],
    });
    workspace.configure([step], {
      resource: { sterna_step: {}, terraform_data: { later: { input: "known-later" } } },
    });
    const resources = readConfiguration(workspace).resource;
    workspace.configure([step]);
    const steps = readConfiguration(workspace).resource;
    workspace.configure([], { resource: { ...resources, ...steps } });

    // WHEN
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expect((await workspace.ledgerRecords())[0]).toMatchObject({ title: "known-later", timeout: 11 });
    expectExit(await workspace.plan());
  });

  it("a provider that is configured by the same apply", async () => {
    // GIVEN
    const ledger = JSON.stringify(workspace.ledger);
    workspace.configure([worldStep(workspace, "s1")]);
    const { resource } = readConfiguration(workspace);
    const later = (value: string) => `\${terraform_data.later.output == "" ? "" : ${JSON.stringify(value)}}`;
    const configuration = (input: string) => ({
      provider: { sterna: [{ ledger: later(ledger), environment: later("staging") }] },
      resource: { ...resource, terraform_data: { later: { input } } },
      data: { sterna_ledger: { all: { system: "shop", expected: ["s1"] } } },
    });
    workspace.configure([], configuration("one"));

    // WHEN
    const applied = await workspace.apply();
    workspace.configure([], configuration("two"));
    const again = await workspace.apply();
    const { terraform_data } = configuration("three").resource;
    workspace.configure([], { ...configuration("three"), resource: { terraform_data } });
    const removed = await workspace.apply();

    // THEN
    expectExit(applied);
    expectExit(again);
    expect(unwrapped(again.stdout)).toContain("The ledger cannot be read during this plan");
    expectExit(removed);
    expect(workspace.worldLines()).toEqual(["UP s1", "DOWN s1"]);
  });

  it("a change that fails leaves the step applied as it was, and is planned again", async () => {
    // GIVEN
    workspace.configure([withArguments(worldStep(workspace, "s1"), { on_destroy: "refuse" })]);
    await workspace.apply();
    workspace.configure([withArguments(worldStep(workspace, "s1"), { on_destroy: "keep" })]);
    await workspace.plan("-out=change.tfplan");
    const ledger = join(workspace.directory, "ledger");

    // WHEN the ledger is gone between plan and apply
    renameSync(ledger, `${ledger}.away`);
    writeFileSync(ledger, "");
    const failed = await workspace.run(["apply", "change.tfplan"]);
    rmSync(ledger);
    renameSync(`${ledger}.away`, ledger);
    const second = await workspace.apply();

    // THEN
    expect(failed.stderr).toContain("[LedgerUnreachable]");
    expect(unwrapped(second.stdout)).toContain("0 added, 1 changed, 0 destroyed");
    expect((await workspace.ledgerRecords())[0]).toMatchObject({ onDestroy: "keep" });
  });

  it("to move an applied step to another system: refused", async () => {
    // GIVEN
    workspace.configure([worldStep(workspace, "s1")]);
    await workspace.apply();

    // WHEN
    workspace.configure([withArguments(worldStep(workspace, "s1"), { system: "warehouse" })]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr).toContain("[AppliedStepRenamed]");
  });

  it("two addresses for one step: refused", async () => {
    // WHEN
    workspace.configure([worldStep(workspace, "s1"), { ...worldStep(workspace, "s1"), address: "other", after: [] }]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(plan.stderr).toContain("[DuplicateStep]");
  });

  it("a target: the step and those before it, not those after it", async () => {
    // GIVEN
    workspace.configure(["s1", "s2", "s3"].map((id) => worldStep(workspace, id)));

    // WHEN
    const applied = await workspace.apply("-target=sterna_step.s2");
    const rest = await workspace.apply();

    // THEN
    expectExit(applied);
    expectExit(rest);
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2", "UP s3"]);
    expect(unwrapped(rest.stdout)).toContain("1 added, 0 changed, 0 destroyed");
  });

  it("a refresh alone: the state learns what the ledger says, nothing runs", async () => {
    // GIVEN
    workspace.configure(["s1", "s2"].map((id) => worldStep(workspace, id)));
    await workspace.apply();
    rmSync(join(workspace.directory, "ledger/s2.json"));

    // WHEN
    const refreshed = await workspace.apply("-refresh-only");
    const listed = await workspace.run(["state", "list"]);

    // THEN
    expectExit(refreshed);
    expect(listed.stdout.trim()).toBe("sterna_step.s1");
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("destroy: every step is rolled back, the newest first, but those that are kept", async () => {
    // GIVEN
    const [s1, s2, s3] = ["s1", "s2", "s3"].map((id) => worldStep(workspace, id)) as [StepInput, StepInput, StepInput];
    workspace.configure([s1, withArguments(s2, { on_destroy: "keep" }), s3]);
    await workspace.apply();

    // WHEN
    const destroyed = await workspace.run(["destroy", "-auto-approve"]);

    // THEN
    expectExit(destroyed);
    expect(workspace.worldLines().slice(3)).toEqual(["DOWN s3", "DOWN s1"]);
    expect(await workspace.ledgerRows()).toEqual({});
  });

  it("a program of a megabyte", async () => {
    // GIVEN
    const comment = `# ${"0123456789abcdef".repeat(65_536)}\n`;
    workspace.configure([worldStep(workspace, "s1", { up: `${comment}echo "UP s1" >> "$WORLD"` })]);

    // WHEN
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expectExit(await workspace.plan());
    expect(applied.stdout.length).toBeLessThan(3_000_000);
    expect(previewOf(workspace)).toHaveLength(2);
    previewOf(workspace).forEach((line) => expect(line.length).toBeLessThan(1000));
  });
});

function readConfiguration(workspace: EngineWorkspace): { resource: Record<string, object> } {
  return JSON.parse(readFileSync(join(workspace.directory, "main.tf.json"), "utf8"));
}

function previewOf(workspace: EngineWorkspace): string[] {
  const state = JSON.parse(readFileSync(join(workspace.directory, "terraform.tfstate"), "utf8"));
  return state.resources[0].instances[0].attributes.preview;
}
