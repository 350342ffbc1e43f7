import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { execa } from "execa";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineWorkspace, worldStep } from "../../support/engine-workspace";
import { expectExit } from "../../support/expect-exit";
import { requires } from "../../support/requirements";
import { unwrapped } from "../../support/unwrapped";

requires("terraform")("at the corners of Terraform's plans, steps", () => {
  let workspace: EngineWorkspace;

  beforeEach(() => {
    workspace = EngineWorkspace.withFileLedger();
  });
  afterEach(() => workspace.remove());

  it("may use a value that only the apply knows, and what was planned holds", async () => {
    // GIVEN a variable that comes from a resource of the same apply
    const step = worldStep(workspace, "s1");
    const variables = { ...step.variables, BUCKET: "${terraform_data.bucket.id}" };
    workspace.configure([{ ...step, variables }], {
      resource: { terraform_data: { bucket: {} }, sterna_step: { s1: stepBlock(step, variables) } },
    });
    await workspace.init();

    // WHEN
    const plan = await workspace.plan();
    const applied = await workspace.apply();

    // THEN
    expect(plan.stdout).toMatch(/preview\s+= \(known after apply\)/);
    expectExit(applied);
    expectExit(await workspace.plan());
    expect((await workspace.ledgerRecords())[0]!.variables.BUCKET).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("that were removed from the state show in the ledger's data source", async () => {
    // GIVEN
    const data = { data: { sterna_ledger: { all: { system: "shop", expected: ["s1"] } } } };
    const output = { output: { unexpected: { value: "${data.sterna_ledger.all.unexpected}" } } };
    workspace.configure([worldStep(workspace, "s1"), worldStep(workspace, "s2")], { ...data, ...output });
    await workspace.init();
    await workspace.apply();

    // WHEN
    await workspace.run(["state", "rm", "sterna_step.s2"]);
    workspace.configure([worldStep(workspace, "s1")], { ...data, ...output });
    await workspace.apply();
    const unexpected = await workspace.run(["output", "-json", "unexpected"]);

    // THEN
    expect(JSON.parse(unexpected.stdout)).toEqual(["s2"]);
    expect(workspace.worldLines()).toEqual(["UP s1", "UP s2"]);
  });

  it("make ten warnings at most when many are rolled back: the plan lists them all anyway", async () => {
    // GIVEN
    const many = Array.from({ length: 14 }, (_, index) => ({ ...worldStep(workspace, `s${index}`), after: [] }));
    workspace.configure(many);
    await workspace.init();
    expectExit(await workspace.apply());

    // WHEN
    workspace.configure([]);
    const plan = await workspace.plan();

    // THEN
    expect(plan.stdout.match(/Warning: Steps will be rolled back/g)).toHaveLength(10);
    expect(unwrapped(plan.stdout)).toContain("14 to destroy");
  });

  it("lose nothing when the disk of the ledger is full: what ran is known after space was made", async () => {
    // GIVEN a ledger on a small disk that is full but for a few bytes
    const disk = join(workspace.directory, "ledger");
    mkdirSync(disk);
    await execa("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
    try {
      workspace.configure([worldStep(workspace, "s1")]);
      await workspace.init();
      const ballast = join(disk, "ballast");
      await execa("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1k", "count=200"], { reject: false });

      // WHEN
      const full = await workspace.apply();
      rmSync(ballast);
      const mended = await workspace.apply();

      // THEN
      expect(full.exitCode).toBe(1);
      expect(full.stderr).toContain("[LedgerUnreachable]");
      expect(unwrapped(full.stderr)).toContain("no space left");
      expectExit(mended);
      expect(workspace.worldLines()).toEqual(["UP s1"]);
      expect(await workspace.ledgerRows()).toEqual({ s1: "applied" });
    } finally {
      await execa("umount", [disk]);
    }
  });

  it("find the socket folder of a killed provider removed by the next one", async () => {
    // GIVEN a folder of a process that does not exist, and one of a process that does
    const temporary = mkdtempSync(join(tmpdir(), "st-"));
    mkdirSync(join(temporary, "sterna-socket-999999999-abc"));
    mkdirSync(join(temporary, `sterna-socket-${process.pid}-abc`));
    workspace.configure([worldStep(workspace, "s1")]);
    await workspace.init();

    // WHEN
    await workspace.run(["plan"], { TMPDIR: temporary });

    // THEN
    expect(readdirSync(temporary)).toContain(`sterna-socket-${process.pid}-abc`);
    expect(readdirSync(temporary)).not.toContain("sterna-socket-999999999-abc");
    rmSync(temporary, { recursive: true, force: true });
  });

  it("of one megabyte work", async () => {
    // GIVEN a script longer than any argument or environment variable may be
    const padding = `# ${"x".repeat(998)}\n`.repeat(1000);
    const step = worldStep(workspace, "s1", { up: `${padding}echo "UP s1" >> "$WORLD"\n` });
    workspace.configure([step]);
    await workspace.init();

    // WHEN
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expect(workspace.worldLines()).toEqual(["UP s1"]);
  });
});

/** The block of a step with variables that Terraform itself must fill in. */
function stepBlock(step: { id: string; program: object }, variables: Record<string, string>): object {
  const program = { interpreter: ["bash", "-euo", "pipefail"], ...step.program };
  return { id: step.id, system: "shop", release: "1.0.0", program: JSON.stringify(program), variables };
}
