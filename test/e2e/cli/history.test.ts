import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { readFileSync, rmSync } from "node:fs";
import { scriptStep, TestProject } from "../../cli/project";
import { runCli } from "../../cli/run-cli";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";

const one = scriptStep("one", "1.0.0");
const two = scriptStep("two", "1.0.0", { after: ["one"] });

requires("terraform")("a migration that was applied, and was changed since", () => {
  let project: TestProject;
  const run = (...args: string[]) => runCli(project.directory, args, terraformEnvironment());
  const plan = async () => {
    const { status, stdout } = await run("plan", "shop", "development", "--json");
    return { status, code: (JSON.parse(stdout) as { error?: { code: string } }).error?.code };
  };
  const define = (steps: (typeof one)[], history?: object) =>
    project.define({
      steps,
      provider: true,
      ...(history && { manifests: { development: { history: { removed: [], outOfOrder: [], ...history } } } }),
    });
  const world = () => readFileSync(project.path("world-development"), "utf8").trim().split("\n");

  beforeEach(async () => {
    project = new TestProject({ pins: { development: "1.0.0", staging: "0.1.0", production: "0.1.0" } });
    define([one, two]);
    expect(await run("apply", "shop", "development", "--auto-approve")).toMatchObject({ status: 0 });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("is refused when an applied step left it, also by an apply, unless `removed` names the step", async () => {
    // WHEN
    define([two].map((step) => ({ ...step, after: [] })));
    const slip = await plan();
    const applied = await run("apply", "shop", "development", "--auto-approve");

    // THEN
    expect(slip).toEqual({ status: 3, code: "AppliedStepRemoved" });
    expect(applied.stderr).toContain("error[AppliedStepRemoved]");
    expect(world()).toEqual(["up one", "up two"]);

    // WHEN
    define(
      [two].map((step) => ({ ...step, after: [] })),
      { removed: ["one"] },
    );

    // THEN
    expect(await plan()).toEqual({ status: 2, code: undefined });
  });

  it("is refused when a step was put before an applied one, unless `outOfOrder` names the step", async () => {
    // WHEN
    const between = [one, scriptStep("between", "1.0.0", { after: ["one"] }), { ...two, after: ["between"] }];
    define(between);
    const slip = await plan();

    // THEN
    expect(slip).toEqual({ status: 3, code: "StepOutOfOrder" });

    // WHEN
    define(between, { outOfOrder: ["between"] });

    // THEN
    expect(await plan()).toEqual({ status: 2, code: undefined });
  });
});
