import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import { thisProcess } from "../../../lib/engine/processes/process-identity";
import { scriptStep, TestProject } from "../../cli/project";
import { buildCli, sterna } from "./sterna";

const ONE = scriptStep("one", "1.0.0");
const REASON = "loaded by hand, #41";

describe("sterna ledger repair", () => {
  let project: TestProject;
  const repair = (step: string, as: string, ...args: string[]) =>
    sterna(project.directory, [
      "ledger",
      "repair",
      "shop",
      "development",
      step,
      "--as",
      as,
      "--reason",
      REASON,
      ...args,
    ]);
  const ledger = () =>
    new FileLedger(project.path(".sterna/ledger/shop-development"), { system: "shop", environment: "development" });

  beforeAll(buildCli);
  beforeEach(() => {
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    project = new TestProject({ pins, steps: [ONE] });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("says that a failed step is applied, and keeps who said so and why", async () => {
    // GIVEN
    project.record("development", ONE, { status: "failed", error: "no space left", attempt: 3 });

    // WHEN
    const { status, stdout } = await repair("one", "applied");

    // THEN
    expect(status).toBe(0);
    expect(stdout).toContain("one: failed → applied");
    const row = await ledger().get("one");
    expect(row).toMatchObject({ status: "applied", attempt: 3, repaired: { reason: REASON, was: "failed" } });
    expect(row).not.toHaveProperty("error");
    const noted = readFileSync(project.path(".sterna/records/shop-development/repairs.jsonl"), "utf8");
    expect(JSON.parse(noted)).toMatchObject({ step: "one", as: "applied", reason: REASON, was: "failed" });
  });

  it("makes a row for a declared step that has none, and does nothing the second time", async () => {
    expect((await repair("one", "applied")).stdout).toContain("one: absent → applied");
    expect((await repair("one", "applied", "--json")).stdout).toContain('"changed": false');
  });

  it("takes out a row, also of a step that is not declared any more", async () => {
    // GIVEN
    project.record("development", scriptStep("gone", "0.1.0"), { status: "undoing" });

    // WHEN
    const { stdout } = await repair("gone", "removed");

    // THEN
    expect(stdout).toContain("gone: undoing → absent");
    expect(await ledger().list()).toEqual([]);
  });

  it("refuses while somebody holds the step's lock", async () => {
    project.record("development", ONE, { status: "running" });

    const { status, stderr } = await ledger().withLock("one", () => repair("one", "applied"));

    expect(status).toBe(3);
    expect(stderr).toContain(`error[StepBusy]: process ${process.pid}`);
    expect(await ledger().get("one")).toMatchObject({ status: "running" });
  });

  it("refuses while the runner of the row lives, although the lock is free", async () => {
    project.record("development", ONE, { status: "running", worker: { runner: thisProcess() } });

    expect((await repair("one", "removed")).status).toBe(3);
    expect(await ledger().get("one")).toMatchObject({ status: "running" });
  });

  it("names the known steps", async () => {
    const { status, stderr } = await repair("oen", "applied");

    expect(status).toBe(1);
    expect(stderr).toContain('there is one; did you mean "one"?');
  });

  it.each([
    [["--as", "done", "--reason", REASON], "Allowed choices are applied, removed"],
    [["--as", "applied"], "required option '--reason <text>' not specified"],
    [["--as", "applied", "--reason", " "], "error[ReasonMissing]"],
  ])("refuses %j", async (args, message) => {
    const run = await sterna(project.directory, ["ledger", "repair", "shop", "development", "one", ...args]);

    expect(run.status).toBe(1);
    expect(run.stderr).toContain(message);
  });
});
