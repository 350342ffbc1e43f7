import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeRecord } from "../../lib/toolkit/project/records";
import { openProject } from "../../lib/toolkit/project/project";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const ONE = scriptStep("one", "1.0.0");
const TWO = scriptStep("two", "1.0.0", { after: ["one"] });
const PINS = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };

describe("sterna promote", () => {
  let project: TestProject;
  let before: string;
  const pins = () => readFileSync(project.path("releases.json"), "utf8");
  const promote = (...args: string[]) => runCli(project.directory, ["promote", "shop", ...args, "--no-plan"]);

  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: [ONE, TWO] });
    // Not as Sterna would format it: a refusal must not even change a space.
    writeFileSync(project.path("releases.json"), `{"shop":   ${JSON.stringify(PINS)}}`);
    before = pins();
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  const refusedBecause = async (code: string, ...args: string[]) => {
    const run = await promote(...args);
    expect(run.stderr).toContain(`error[${code}]`);
    expect(run.status).toBe(3);
    expect(pins()).toBe(before);
    return run.stderr;
  };

  it("raises the pin to what the environment before proved", async () => {
    project.record("development", ONE);
    project.record("development", TWO);

    const run = await promote("development", "staging", "--json");

    expect(run.status).toBe(2);
    expect(run.json()).toMatchObject({ release: "1.0.0", promoted: true });
    expect(JSON.parse(pins())).toEqual({ shop: { ...PINS, staging: "1.0.0" } });
  });

  it("has nothing to do when both run the same release", async () => {
    project.pin({ ...PINS, staging: "1.0.0" });

    expect((await promote("development", "staging")).status).toBe(0);
  });

  it.each([
    ["development", "production", "after development comes staging"],
    ["staging", "development", "after staging comes production"],
    ["production", "staging", "production is the last environment"],
  ])("refuses to go from %s to %s", async (from, to, cure) => {
    expect(await refusedBecause("NotNextEnvironment", from, to)).toContain(cure);
  });

  it("lists every step that is not proved, and why", async () => {
    // GIVEN
    const three = scriptStep("three", "1.0.0");
    const only = scriptStep("only-staging", "1.0.0");
    project.define({ steps: [ONE, TWO], extraSteps: { development: [three], staging: [only] } });
    project.record("development", ONE, { checksum: "0".repeat(64) });
    project.record("development", TWO, { status: "failed" });
    project.record("development", three);

    // WHEN
    const stderr = await refusedBecause("StepsNotProved", "development", "staging");

    // THEN
    expect(stderr).toMatch(/DIFFERS +one +development applied 000000000000, here it is/);
    expect(stderr).toMatch(/NOT-APPLIED +two +development says "failed"/);
    expect(stderr).toMatch(/ONLY-HERE +only-staging/);
    expect(stderr).toMatch(/MISSING +three/);
  });

  it("refuses what was never applied", async () => {
    expect(await refusedBecause("StepsNotProved", "development", "staging")).toMatch(/NOT-APPLIED +one/);
  });

  it("refuses a release without steps until a record shows its apply", async () => {
    // GIVEN
    project.define({ steps: [] });
    await refusedBecause("ReleaseNotApplied", "development", "staging");

    // WHEN
    await record("applied");

    // THEN
    expect((await promote("development", "staging")).status).toBe(2);
  });

  it("refuses after a failed apply, although the ledger looks fine", async () => {
    project.record("development", ONE);
    project.record("development", TWO);
    await record("failed");

    await refusedBecause("LastApplyFailed", "development", "staging");
  });

  it("refuses what an app that ignores releases.json would do", async () => {
    writeFileSync(
      project.path("app.cjs"),
      readFileSync(project.path("app.cjs"), "utf8").replace(
        '(tried ? JSON.parse(tried).content : read("releases.json"))[system]',
        JSON.stringify(PINS),
      ),
    );

    const run = await promote("development", "staging");

    expect(run.stderr).toContain("error[PinIgnored]");
    expect(pins()).toBe(before);
  });

  it("leaves releases.json alone when there is no Terraform to plan with", async () => {
    project.record("development", ONE);
    project.record("development", TWO);

    const run = await runCli(project.directory, ["promote", "shop", "development", "staging"]);

    expect(run.stderr).toContain("error[TerraformMissing]");
    expect(pins()).toBe(before);
  });

  it("does not overwrite what a person wrote into releases.json meanwhile, and says so", async () => {
    // GIVEN
    const written = `{"shop": ${JSON.stringify({ ...PINS, development: "2.0.0" })}}`;
    writeFileSync(
      project.path("app.cjs"),
      `${readFileSync(project.path("app.cjs"), "utf8")}
      if (process.env.STERNA_PINS) writeFileSync("releases.json", ${JSON.stringify(written)});`,
    );
    project.record("development", ONE);
    project.record("development", TWO);

    // WHEN
    const run = await promote("development", "staging");

    // THEN
    expect(run.status).toBe(3);
    expect(run.stderr).toContain("error[PinsChanged]");
    expect(run.stderr).toContain('"staging": "1.0.0"');
    expect(pins()).toBe(written);
  });

  it("asks the app about releases.json alone, whatever the variables say", async () => {
    const content = { shop: { development: "9.0.0", staging: "9.0.0", production: "9.0.0" } };
    const STERNA_PINS = JSON.stringify({ file: project.path("releases.json"), content });

    const run = await runCli(project.directory, ["status", "--json"], { STERNA_PINS });

    expect(run.json<{ systems: { release: string }[] }>().systems.map(({ release }) => release)).toEqual(
      Object.values(PINS),
    );
  });

  async function record(result: "applied" | "failed"): Promise<void> {
    const now = new Date().toISOString();
    await writeRecord(openProject(project.directory), {
      stack: "shop-development",
      system: "shop",
      environment: "development",
      release: "1.0.0",
      result,
      startedAt: now,
      finishedAt: now,
      by: "somebody",
      plan: "0",
      resources: { add: 0, change: 0, destroy: 0 },
      steps: [],
      ledgers: [],
      errors: [],
      sterna: "0.1.0",
      terraform: "1.11.4",
    });
  }
});
