import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import { overview } from "../../lib/promotion/report/overview";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const ONE = scriptStep("one", "1.0.0");
const BACKUP = {
  rule: [
    { rule_name: "nightly", schedule: "cron(0 2 * * ? *)" },
    { rule_name: "odd", schedule: "${var.when}" },
  ],
};

describe("sterna report", () => {
  let project: TestProject;
  beforeEach(() => {
    project = new TestProject({
      pins: { development: "1.0.0", staging: "1.0.0", production: "0.1.0" },
      steps: [ONE],
      resources: { aws_backup_plan: { orders: BACKUP } },
    });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("shows pins, ledgers, colors and the next backups of every environment", async () => {
    // GIVEN
    project.record("development", ONE);
    const rollout = { phase: "canary", live: "blue", canary: 10, releases: { blue: "0.1.0", green: "1.0.0" } };
    project.write("releases.json", {
      shop: { development: "1.0.0", staging: "1.0.0", production: "0.1.0" },
      other: { production: { release: "0.1.0", rollout } },
    });

    // WHEN
    const run = await runCli(project.directory, ["report", "--json"]);

    // THEN
    const { systems } = overview.parse(run.json());
    const [development, , production] = systems[0]!.environments;
    expect(run.status).toBe(0);
    expect(development).toMatchObject({
      environment: "development",
      release: "1.0.0",
      steps: [{ id: "one", state: "applied" }],
    });
    expect(production).toMatchObject({ environment: "production", release: "0.1.0", steps: [], unreadable: [] });
    expect(development!.backups).toMatchObject([
      { name: "aws_backup_plan.orders (nightly)", next: expect.stringMatching(/T02:00:00\.000Z$/) },
      { name: "aws_backup_plan.orders (odd)", schedule: "${var.when}" },
    ]);
  });

  it("writes a page by the ending of the file, and says where", async () => {
    const run = await runCli(project.directory, ["report", "shop", "--out", "site/report.html"]);

    expect(run.stdout).toBe("");
    expect(run.stderr).toContain("The report is in site/report.html.");
    expect(readFileSync(project.path("site/report.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  it("says what cannot be read, and ends with 1", async () => {
    // GIVEN
    project.record("staging", ONE, { environment: "development" });

    // WHEN
    const run = await runCli(project.directory, ["report", "--format", "markdown"]);

    // THEN
    expect(run.status).toBe(1);
    expect(run.stdout).toContain("**cannot be read**: `LedgerOfOtherEnvironment");
  });
});
