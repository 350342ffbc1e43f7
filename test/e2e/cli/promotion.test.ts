import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { requires } from "../../support/requirements";
import { scriptStep, TestProject } from "../../cli/project";
import { buildCli, startSterna, sterna } from "./sterna";
import { unwrapped } from "../../support/unwrapped";

const STEPS = [
  scriptStep("one", "1.0.0"),
  scriptStep("two", "1.0.0", { after: ["one"] }),
  scriptStep("three", "2.0.0", { after: ["two"] }),
];
const PINS = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };

requires("terraform")("moving a system with sterna, real Terraform and the real provider", () => {
  let project: TestProject;
  const run = (...args: string[]) => sterna(project.directory, args);
  const world = (environment: string) =>
    readFileSync(project.path(`world-${environment}`), "utf8")
      .split("\n")
      .filter(Boolean);
  const pins = () => readFileSync(project.path("releases.json"), "utf8");

  beforeAll(buildCli);
  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: STEPS, provider: true });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("plans, applies exactly the plan, and then has nothing to do", async () => {
    // WHEN
    const plan = await run("plan", "shop", "development");

    // THEN
    expect(plan).toMatchObject({ status: 2 });
    expect(plan.stdout).toMatch(/Steps to run, in this order:\n {2}1\. one .*\n[\s\S]* {2}2\. two /);
    expect(existsSync(project.path(".sterna/plans/shop-development.tfplan"))).toBe(true);
    expect(existsSync(project.path("world-development"))).toBe(false);

    // WHEN
    const apply = await run("apply", "shop", "development");

    // THEN
    expect(apply).toMatchObject({ status: 0 });
    expect(apply.stderr).toMatch(/✓ one applied in \d+\.\d s\n[\s\S]*✓ two applied in \d+\.\d s/);
    expect(world("development")).toEqual(["up one", "up two"]);
    expect((await run("plan", "shop", "development")).status).toBe(0);
    const status = JSON.parse((await run("status", "--json")).stdout);
    expect(status.systems[0].summary).toEqual({ applied: 2 });
  });

  it("finds nothing broken afterwards, and knows the provider's hash as Terraform does", async () => {
    // GIVEN
    await run("plan", "shop", "development");

    // WHEN
    const doctor = await run("doctor");

    // THEN
    expect(unwrapped(doctor.stdout)).toContain("✓ shop-development: provider 0.1.0, the one that the lock file knows");
    expect(unwrapped(doctor.stdout)).toContain("Nothing is broken.");
    expect(doctor.status).toBe(0);
  });

  it("refuses a saved plan after the stack was synthesized anew with something else", async () => {
    // GIVEN
    await run("plan", "shop", "development");
    project.define({ steps: [...STEPS, scriptStep("late", "1.0.0")], provider: true });
    await run("status");

    // WHEN
    const apply = await run("apply", "shop", "development");

    // THEN
    expect(apply.status).toBe(3);
    expect(apply.stderr).toContain("error[PlanChanged]");
    expect(unwrapped(apply.stderr)).toContain("cdk.tf.json changed since");
    expect(existsSync(project.path("world-development"))).toBe(false);
  });

  it("asks for a reviewed plan where nobody can be asked", async () => {
    const apply = await run("apply", "shop", "development");

    expect(apply.status).toBe(3);
    expect(apply.stderr).toContain("error[ApprovalMissing]");
    expect((await run("apply", "shop", "development", "--auto-approve")).status).toBe(0);
  });

  it("promotes what the environment before proved, and rolls it back", async () => {
    // GIVEN
    await run("apply", "shop", "development", "--auto-approve");

    // WHEN
    const promote = await run("promote", "shop", "development", "staging");

    // THEN
    expect(promote).toMatchObject({ status: 2 });
    expect(JSON.parse(pins()).shop.staging).toBe("1.0.0");
    expect((await run("apply", "shop", "staging")).status).toBe(0);
    expect(world("staging")).toEqual(["up one", "up two"]);

    // WHEN
    const rollback = await run("rollback", "shop", "staging", "--to", "0.1.0");

    // THEN
    expect(rollback).toMatchObject({ status: 2 });
    expect(rollback.stdout).toMatch(/Will be undone, in this order:\n {2}1\. two[\s\S]* {2}2\. one/);
    expect(rollback.stdout).toMatch(/Steps to roll back, in this order:\n {2}1\. two[\s\S]* {2}2\. one/);
    const apply = await run("apply", "shop", "staging");
    expect(apply.stderr).toMatch(/✓ two rolled back in [\s\S]*✓ one rolled back in/);
    expect(world("staging")).toEqual(["up one", "up two", "down two", "down one"]);
  });

  it("says what failed and where the next apply goes on, refuses to promote it, and goes on", async () => {
    // GIVEN
    const broken = scriptStep("two", "1.0.0", { after: ["one"] });
    writeFileSync(project.path("broken"), "");
    const up = `test ! -e ${project.path("broken")}; echo up two >> "$WORLD"`;
    const steps = [STEPS[0]!, { ...broken, program: { ...broken.program, up } as never }];
    project.define({ steps, provider: true });

    // WHEN
    const apply = await run("apply", "shop", "development", "--auto-approve");

    // THEN
    expect(apply.status).toBe(1);
    expect(unwrapped(apply.stderr)).toContain("✗ two failed after");
    expect(unwrapped(apply.stderr)).toContain("then `sterna apply shop development`: it resumes at two");
    const promote = await run("promote", "shop", "development", "staging");
    expect(promote.status).toBe(3);
    expect(promote.stderr).toContain("error[LastApplyFailed]");

    // WHEN
    rmSync(project.path("broken"));
    const retry = await run("apply", "shop", "development", "--auto-approve");

    // THEN
    expect(retry.status).toBe(0);
    expect(retry.stdout).toMatch(/two .*\(release 1\.0\.0, retry\)/);
    expect(world("development")).toEqual(["up one", "up two"]);
    const records = readdirSync(project.path(".sterna/records/shop-development")).sort();
    const results = records.map(
      (name) => JSON.parse(readFileSync(project.path(".sterna/records/shop-development", name), "utf8")).result,
    );
    expect(results).toEqual(["failed", "applied"]);
  });

  it("passes one interrupt on to Terraform, waits for it, and tells what happened", async () => {
    // GIVEN
    const slow = scriptStep("one", "1.0.0");
    project.define({
      steps: [{ ...slow, program: { ...slow.program, up: "sleep 60" } as never }, STEPS[1]!],
      provider: true,
    });

    // WHEN
    const apply = startSterna(project.directory, ["apply", "shop", "development", "--auto-approve"]);
    const log = project.path(".sterna/logs/shop-development");
    await until(
      () =>
        existsSync(log) &&
        readdirSync(log).some(
          (name) => name.endsWith(".jsonl") && readFileSync(`${log}/${name}`, "utf8").includes("apply_start"),
        ),
    );
    apply.kill("SIGINT");
    const { exitCode, stderr } = await apply;

    // THEN
    expect(exitCode).toBe(1);
    expect(stderr).toContain("interrupted: Terraform finishes or stops what it is doing");
    expect(stderr).not.toContain("interrupted again");
    expect(stderr).toContain("error[Interrupted]");
    expect(stderr).toContain("it resumes at one");
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}
