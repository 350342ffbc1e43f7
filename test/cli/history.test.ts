import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { openProject } from "../../lib/toolkit/project/project";
import { writeRecord } from "../../lib/toolkit/project/records";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const PINS = { development: "1.0.0", staging: "1.0.0", production: "0.1.0" };

describe("sterna history", () => {
  let project: TestProject;
  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: [scriptStep("one", "1.0.0")] });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  const record = (
    environment: string,
    day: number,
    change: { result?: "applied" | "failed"; errors?: string[] } = {},
  ) =>
    writeRecord(openProject(project.directory), {
      stack: `shop-${environment}`,
      system: "shop",
      environment,
      release: "1.0.0",
      result: "applied",
      startedAt: `2027-01-0${day}T08:00:00.000Z`,
      finishedAt: `2027-01-0${day}T08:01:00.000Z`,
      by: "ada",
      plan: "0".repeat(64),
      resources: { add: 1, change: 0, destroy: 0 },
      steps: [{ id: "one", release: "1.0.0", action: "run", status: change.result === "failed" ? "failed" : "done" }],
      ledgers: [],
      errors: [],
      sterna: "0.1.0",
      terraform: "1.11.4",
      ...change,
    });

  it("lists the applies of all environments, newest first, with their errors", async () => {
    // GIVEN
    await record("development", 1);
    await record("staging", 2, { result: "failed", errors: ["Step one failed: no space left\nmore"] });

    // WHEN
    const { status, stdout } = await runCli(project.directory, ["history"]);

    // THEN
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(1, 4)).toEqual([
      "✗ 2027-01-02 08:00  shop-staging      1.0.0    failed: 0/1 steps, 1 added   ada",
      "    Step one failed: no space left",
      "✓ 2027-01-01 08:00  shop-development  1.0.0    applied: 1/1 steps, 1 added  ada",
    ]);
  });

  it("lists one environment, and no more than was asked for", async () => {
    // GIVEN
    for (const day of [1, 2, 3]) await record("staging", day);
    await record("development", 4);

    // WHEN
    const run = await runCli(project.directory, ["history", "shop", "staging", "--limit", "2", "--json"]);

    // THEN
    const { applies } = run.json<{ applies: { startedAt: string }[] }>();
    expect(applies.map(({ startedAt }) => startedAt.slice(8, 10))).toEqual(["03", "02"]);
  });

  it("names the environments that there are", async () => {
    const run = await runCli(project.directory, ["history", "shop", "stagin", "--json"]);

    expect(run.status).toBe(1);
    expect(run.json()).toMatchObject({
      error: { code: "UnknownEnvironment", message: expect.stringContaining("staging") },
    });
  });

  it("says that nothing is recorded", async () => {
    expect((await runCli(project.directory, ["history"])).stdout).toBe("No apply is recorded.\n");
  });
});

describe("sterna validate", () => {
  it("lists the stacks of a valid project without Terraform", async () => {
    // GIVEN
    const project = new TestProject({ pins: PINS, steps: [scriptStep("one", "1.0.0")] });

    // WHEN
    const run = await runCli(project.directory, ["validate"]);

    // THEN
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("✓ shop-development  release 1.0.0, 1 step\n");
    expect(run.stdout).toContain("The project is valid.");
  });

  it("ends with 1 and the code of the mistake", async () => {
    // GIVEN
    const project = new TestProject({ pins: PINS });
    project.write("definition.json", { fail: "steps wait for each other: a, b" });

    // WHEN
    const run = await runCli(project.directory, ["validate", "--json"]);

    // THEN
    expect(run.status).toBe(1);
    expect(run.json()).toMatchObject({ error: { message: expect.stringContaining("StepCycle") } });
  });
});
