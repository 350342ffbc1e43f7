import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import {
  adopt,
  apply,
  formatPlan,
  openToolkit,
  plan,
  promote,
  report,
  rollback,
  status,
  verify,
} from "../../lib/toolkit";
import { scriptStep, TestProject } from "../cli/project";
import { requires } from "../support/requirements";
import { terraformEnvironment } from "../support/terraform-environment";
import { buildCli } from "./cli/sterna";

const STEPS = [scriptStep("one", "1.0.0"), scriptStep("two", "1.0.0", { after: ["one"] })];
const PINS = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
const DEVELOPMENT = { system: "shop", environment: "development" };
const STAGING = { system: "shop", environment: "staging" };

requires("terraform")("a program that moves a system with the toolkit and real Terraform", () => {
  let project: TestProject;
  let reported: string[];
  const open = () =>
    openToolkit({
      directory: project.directory,
      variables: terraformEnvironment({}),
      reporter: { report: (line) => reported.push(line) },
    });
  const world = (environment: string) =>
    readFileSync(project.path(`world-${environment}`), "utf8")
      .split("\n")
      .filter(Boolean);
  const pinOf = (environment: string) =>
    JSON.parse(readFileSync(project.path("releases.json"), "utf8")).shop[environment];

  // It asks the steps of a stack in a process of its own.
  beforeAll(buildCli);
  beforeEach(() => {
    project = new TestProject({ pins: PINS, steps: STEPS, provider: true });
    reported = [];
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("plans, applies, promotes and rolls back, and gets data for each", async () => {
    const sterna = open();

    // WHEN
    const planned = await plan(sterna, DEVELOPMENT);

    // THEN
    expect(planned).toMatchObject({ ...DEVELOPMENT, release: "1.0.0", changes: true });
    expect(planned.refusal).toBeUndefined();
    expect(planned.report.steps.map(({ id, action }) => [id, action])).toEqual([
      ["one", "run"],
      ["two", "run"],
    ]);
    expect([...formatPlan(planned, "markdown")].join("")).toContain("shop");

    // WHEN
    const applied = await apply(sterna, DEVELOPMENT);

    // THEN
    expect(applied).toMatchObject({ applied: true, record: { release: "1.0.0", result: "applied" } });
    expect(applied.recordFile).toBe(".sterna/records/shop-development/000001.json");
    expect(world("development")).toEqual(["up one", "up two"]);
    expect((await plan(sterna, DEVELOPMENT)).changes).toBe(false);
    expect(await verify(sterna, DEVELOPMENT)).toMatchObject({ holds: true, steps: [{ id: "one" }, { id: "two" }] });
    const found = await adopt(sterna, DEVELOPMENT);
    expect(found).toMatchObject({ written: false, steps: [{ state: "recorded" }, { state: "recorded" }] });

    // WHEN
    const promoted = await promote(sterna, { system: "shop", from: "development", to: "staging" });

    // THEN
    expect(promoted).toMatchObject({ promoted: true, before: "0.1.0", release: "1.0.0", plan: { changes: true } });
    expect(pinOf("staging")).toBe("1.0.0");
    expect(await apply(sterna, STAGING)).toMatchObject({ applied: true });
    expect(world("staging")).toEqual(["up one", "up two"]);
    const statuses = await status(sterna, { system: "shop" });
    expect(statuses.map(({ environment, steps }) => [environment, steps.map(({ state }) => state)])).toEqual([
      ["development", ["applied", "applied"]],
      ["staging", ["applied", "applied"]],
      ["production", []],
    ]);

    // WHEN
    const undone = await rollback(sterna, { ...STAGING, to: "0.1.0" });

    // THEN
    expect(undone).toMatchObject({ rolledBack: true, from: "1.0.0", to: "0.1.0", keep: [], blocked: [] });
    expect(undone.undo.map(({ id, undo }) => [id, undo[0]])).toEqual([
      ["two", 'undo: echo down two >> "$WORLD"'],
      ["one", 'undo: echo down one >> "$WORLD"'],
    ]);
    expect(undone.plan?.report.rollbacks.map(({ id }) => id)).toEqual(["two", "one"]);
    expect(pinOf("staging")).toBe("0.1.0");
    expect(await apply(sterna, STAGING)).toMatchObject({ applied: true });
    expect(world("staging")).toEqual(["up one", "up two", "down two", "down one"]);
    const [shop] = (await report(sterna)).systems;
    expect(shop!.environments.map(({ environment, release }) => [environment, release])).toEqual([
      ["development", "1.0.0"],
      ["staging", "0.1.0"],
      ["production", "0.1.0"],
    ]);
    expect(reported.join("\n")).toContain("releases.json: shop in staging 1.0.0 → 0.1.0");
  }, 420_000);

  it("asks a function, applies what it approves, and throws typed errors for the rest", async () => {
    const sterna = open();

    // THEN
    await expect(apply(sterna, DEVELOPMENT)).rejects.toMatchObject({ name: "RefusedError", code: "ApprovalMissing" });
    await expect(plan(sterna, { ...DEVELOPMENT, environment: "dev" })).rejects.toMatchObject({
      name: "SternaError",
      code: "UnknownEnvironment",
    });

    // WHEN
    const shown: string[] = [];
    const declined = await apply(sterna, {
      ...DEVELOPMENT,
      approve: async ({ report: { steps } }) => {
        shown.push(...steps.map(({ id }) => id));
        return false;
      },
    });

    // THEN
    expect(shown).toEqual(["one", "two"]);
    expect(declined).toEqual({ applied: false });
    expect(await apply(sterna, DEVELOPMENT)).toMatchObject({ applied: true });
  });
});
