import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import { openProject } from "../../lib/toolkit/project/project";
import { writeRecord } from "../../lib/toolkit/project/records";
import { TestProject } from "./project";
import { runCli, type CliRun } from "./run-cli";

const PINS = { development: "1.0.0", staging: "1.0.0", production: "0.1.0" };
const RULES = { rollout: { bakeSeconds: 600, alarms: { blue: [], green: [] } } };

describe("sterna rollout", () => {
  let project: TestProject;
  const pins = () => JSON.parse(readFileSync(project.path("releases.json"), "utf8")).shop;
  const rollout = (...args: string[]): Promise<CliRun> =>
    runCli(project.directory, ["rollout", "shop", "production", "--no-plan", ...args]);

  beforeEach(() => {
    project = new TestProject({ pins: PINS });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  /** Raises the pin of production, and leaves its rollout as it is. */
  const raisePin = (): void =>
    project.write("releases.json", { shop: { ...pins(), production: { ...pins().production, release: "1.0.0" } } });

  it("goes through a cycle, one phase at a time, and writes down since when", async () => {
    // WHEN
    const started = await rollout("--start", "blue", "--json");
    raisePin();
    await rollout("--prewarm");
    await rollout("--canary", "10");
    const canary = pins().production;
    await rollout("--cutover");
    const retired = await rollout("--retire");
    const shown = await runCli(project.directory, ["rollout", "shop", "production"]);

    // THEN
    expect(started.status).toBe(2);
    expect(started.json()).toMatchObject({ phase: "steady", live: "blue", weights: { blue: 100, green: 0 } });
    expect(canary).toEqual({
      release: "1.0.0",
      rollout: {
        phase: "canary",
        live: "blue",
        canary: 10,
        releases: { blue: "0.1.0", green: "1.0.0" },
        since: expect.stringMatching(/^20\d\d-.*Z$/),
      },
    });
    expect(retired.status).toBe(2);
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain("green  1.0.0  100 % of the traffic  live");
    expect(shown.stdout).toContain("blue   not there");
  });

  it.each([
    [["--canary", "10"], "RolloutJump", 'in the phase "steady"'],
    [["--prewarm"], "NothingToRollOut", "runs release 0.1.0"],
    [["--start", "green"], "RolloutJump", "Only an environment without colors"],
  ])("refuses %j of a rollout that has just been started, and changes nothing", async (args, code, reason) => {
    // GIVEN
    await rollout("--start", "blue");
    const before = pins();

    // WHEN
    const run = await rollout(...args);

    // THEN
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(`error[${code}]`);
    expect(run.stderr).toContain(reason);
    expect(pins()).toEqual(before);
  });

  it.each(["0", "101", "ten"])("refuses a canary of %s percent", async (percent) => {
    // GIVEN
    await rollout("--start", "blue");
    raisePin();
    await rollout("--prewarm");

    // WHEN
    const run = await rollout("--canary", percent);

    // THEN
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("error[CanaryOutOfRange]");
  });

  it("says how to begin where there are no colors", async () => {
    // WHEN
    const run = await rollout("--prewarm");

    // THEN
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("error[RolloutMissing]");
    expect(run.stderr).toContain("sterna rollout shop production --start blue");
  });

  it("takes one move at a time", async () => {
    expect((await rollout("--prewarm", "--cutover")).stderr).toContain("cannot be used with");
  });

  describe("of something that has to bake", () => {
    beforeEach(async () => {
      project.define({ manifests: { production: RULES } });
      await rollout("--start", "blue");
      raisePin();
      await rollout("--prewarm");
    });

    /** Puts a record of an apply and the beginning of the phase before it. */
    const applied = async (minutesAgo: number): Promise<void> => {
      const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
      const production = pins().production;
      production.rollout.since = at(minutesAgo + 1);
      project.write("releases.json", { shop: { ...pins(), production } });
      await writeRecord(openProject(project.directory), {
        stack: "shop-production",
        system: "shop",
        environment: "production",
        release: "1.0.0",
        result: "applied",
        startedAt: at(minutesAgo),
        finishedAt: at(minutesAgo),
        by: "somebody",
        plan: "0",
        resources: { add: 0, change: 0, destroy: 0 },
        steps: [],
        ledgers: [],
        errors: [],
        sterna: "0.1.0",
        terraform: "1.11.4",
      });
    };

    it("refuses the next phase until this one was applied", async () => {
      const run = await rollout("--canary", "10");

      expect(run.status).toBe(3);
      expect(run.stderr).toContain("error[PhaseNotApplied]");
    });

    it("refuses the next phase until this one has stood for long enough, and never an abort", async () => {
      // GIVEN
      await applied(3);

      // WHEN
      const early = await rollout("--canary", "10");
      const abort = await rollout("--abort");

      // THEN
      expect(early.status).toBe(3);
      expect(early.stderr).toContain("error[BakeTimeNotOver]");
      expect(abort.status).toBe(2);
      expect(pins().production.rollout.phase).toBe("aborted");
    });

    it("goes on when it has", async () => {
      // GIVEN
      await applied(11);

      // WHEN
      const run = await rollout("--canary", "10");

      // THEN
      expect(run.status).toBe(2);
    });
  });
});
