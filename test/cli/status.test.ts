import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const ONE = scriptStep("one", "1.0.0");
const TWO = scriptStep("two", "1.0.0", { after: ["one"] });
const PINS = { development: "1.0.0", staging: "1.0.0", production: "0.1.0" };

describe("sterna status", () => {
  let project: TestProject;
  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: [ONE, TWO] });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("shows systems and environments, without Terraform", async () => {
    // GIVEN
    project.record("development", ONE);
    project.record("development", TWO, { status: "failed", error: "no space left" });

    // WHEN
    const { status, stdout } = await runCli(project.directory, ["status"]);

    // THEN
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +development +staging +production$/m);
    expect(stdout).toMatch(
      /^shop +1\.0\.0 {2}1\/2 applied, 1 failed +1\.0\.0 {2}0\/2 applied, 2 pending +0\.1\.0 {2}no steps$/m,
    );
    expect(stdout).toMatch(/✗ two .*failed.*\n +no space left/);
  });

  it("shows rows that the configuration does not know", async () => {
    project.record("production", ONE);

    const { stdout } = await runCli(project.directory, ["status", "shop", "--steps"]);

    expect(stdout).toMatch(/0\.1\.0 {2}no steps, 1 leftover/);
    expect(stdout).toMatch(/! one .*the next apply rolls it back or forgets it/);
  });

  it("says which steps are unknown when a ledger cannot be read, and ends with 1", async () => {
    // GIVEN
    project.record("staging", ONE);
    writeFileSync(project.path(".sterna/ledger/shop-staging/one.json"), "{");

    // WHEN
    const run = await runCli(project.directory, ["status", "--json"]);

    // THEN
    const { systems } = run.json<{ systems: { environment: string; summary: object; unreadable: object[] }[] }>();
    expect(run.status).toBe(1);
    expect(systems.find(({ environment }) => environment === "staging")).toMatchObject({ summary: { unknown: 2 } });
    expect(systems.find(({ environment }) => environment === "development")).toMatchObject({ unreadable: [] });
  });

  it("refuses to read another environment's ledger as its own", async () => {
    project.record("staging", ONE, { environment: "development" });

    const { stdout } = await runCli(project.directory, ["status"]);

    expect(stdout).toContain("LedgerOfOtherEnvironment");
  });

  it.each([
    ["failed", 1, [["development", "two", "failed"]]],
    ["leftover", 1, [["production", "one", "leftover"]]],
    ["running", 0, []],
    [
      "failed, pending",
      1,
      [
        ["development", "two", "failed"],
        ["staging", "one", "pending"],
        ["staging", "two", "pending"],
      ],
    ],
  ])("ends with 1 on request for steps that are %s", async (states, expected, trouble) => {
    // GIVEN
    project.record("development", ONE);
    project.record("development", TWO, { status: "failed", error: "no space left" });
    project.record("production", ONE);

    // WHEN
    const run = await runCli(project.directory, ["status", "--fail-on", states, "--json"]);

    // THEN
    const found = run.json<{ trouble: Record<string, string>[] }>().trouble;
    expect(run.status).toBe(expected);
    expect(found.map(({ environment, step, state }) => [environment, step, state])).toEqual(trouble);
  });

  it("names the known systems, and the one that was meant", async () => {
    const run = await runCli(project.directory, ["status", "shpo", "--json"]);

    expect(run.status).toBe(1);
    expect(run.json()).toEqual({
      error: { code: "UnknownSystem", message: 'there is no system "shpo": there is shop; did you mean "shop"?' },
    });
  });

  it("shows the app's own error instead of its stack trace", async () => {
    project.write("definition.json", { fail: "steps wait for each other: a, b" });

    const { status, stderr } = await runCli(project.directory, ["status"]);

    expect(status).toBe(1);
    expect(stderr).toContain(
      "error[SynthesisFailed]: the app failed (exit 1):\n[StepCycle] ValidationError: steps wait for each other: a, b",
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says what is missing where there is no project", async () => {
    rmSync(project.path("cdktf.json"));

    expect((await runCli(project.directory, ["status"])).stderr).toContain("error[ProjectMissing]");
  });
});
