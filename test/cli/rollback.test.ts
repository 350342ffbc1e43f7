import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const ONE = scriptStep("one", "1.0.0");
const TWO = scriptStep("two", "2.0.0", { after: ["one"] });
const BACKUP = scriptStep("backup", "2.0.0", { on_destroy: "keep" });
const PINS = { development: "2.0.0", staging: "2.0.0", production: "1.0.0" };

describe("sterna rollback", () => {
  let project: TestProject;
  const pins = () => readFileSync(project.path("releases.json"), "utf8");
  const rollback = (environment: string, to: string, ...args: string[]) =>
    runCli(project.directory, ["rollback", "shop", environment, "--to", to, "--no-plan", ...args]);

  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: [ONE, TWO, BACKUP] });
    for (const step of [ONE, TWO, BACKUP]) project.record("staging", step);
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("lists what is undone with the recorded down and what stays, and lowers the pin", async () => {
    const { status, stdout } = await rollback("staging", "1.0.0");

    expect(status).toBe(2);
    expect(stdout).toMatch(/Will be undone, in this order:\n {2}1\. two .*\n {7}undo: echo down two/);
    expect(stdout).not.toMatch(/\d\. one/);
    expect(stdout).toMatch(/Stays as it is:\n {2}1\. backup/);
    expect(JSON.parse(pins()).shop.staging).toBe("1.0.0");
  });

  it("says what of the data that was written since is lost, and since when", async () => {
    // GIVEN
    const program = { kind: "sql", database: { env: "URL" }, up: "create", down: "drop table shop.orders" } as const;
    const verify = [{ query: "select 1", expected: "1" }];
    project.record("staging", { ...TWO, program: { ...program, verify } });
    const loss = "lost: what was written since 2026-01-01T00:00:01.000Z into table shop.orders";

    // WHEN
    const text = await rollback("staging", "1.0.0");
    project.pin(PINS);
    const json = await rollback("staging", "1.0.0", "--json");

    // THEN
    expect(text.stdout).toMatch(new RegExp(`undo: drop table shop.orders\n {7}${loss}`));
    expect(json.json()).toMatchObject({
      undo: ["two"],
      losses: [{ id: "two", since: "2026-01-01T00:00:01.000Z", loss }],
      keep: ["backup"],
    });
  });

  it("is refused below what a later environment runs, which has to go back first", async () => {
    const before = pins();

    const { status, stderr } = await rollback("development", "1.0.0");

    expect(status).toBe(3);
    expect(stderr).toContain("error[NextEnvironmentNewer]");
    expect(stderr).toContain("sterna rollback shop staging --to 1.0.0");
    expect(pins()).toBe(before);
  });

  it("is refused when a step cannot be undone, with the reason", async () => {
    // GIVEN
    project.record("staging", TWO, { irreversible: "the column is gone" });
    const before = pins();

    // WHEN
    const { status, stdout, stderr } = await rollback("staging", "1.0.0");

    // THEN
    expect(status).toBe(3);
    expect(stdout).toMatch(/Cannot be undone:\n {2}1\. two .*\n +because the column is gone/);
    expect(stderr).toContain("error[StepIrreversible]");
    expect(pins()).toBe(before);
  });

  it("keeps its hands off when the ledger cannot be read", async () => {
    project.record("staging", ONE, { environment: "development" });

    const { status, stderr } = await rollback("staging", "1.0.0");

    expect(status).toBe(1);
    expect(stderr).toContain("error[LedgerUnreachable]");
  });

  it.each([
    ["1.0.1", "UnknownRelease", 'did you mean "1.0.0"?'],
    ["2.0.0", undefined, ""],
  ])("to %s ends with %s", async (to, code, hint) => {
    const { status, stderr } = await rollback("staging", to);

    expect(status).toBe(code === undefined ? 0 : 1);
    if (code) expect(stderr).toContain(`error[${code}]`);
    expect(stderr).toContain(hint);
  });

  it("does not go forward", async () => {
    expect((await rollback("production", "2.0.0")).stderr).toContain("error[ReleaseNotOlder]");
  });
});
