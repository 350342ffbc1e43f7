import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { PromotionReport } from "../../../lib/promotion/promotion-report";
import { scriptStep, TestProject } from "../../cli/project";
import { runCli } from "../../cli/run-cli";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";
import { buildCli, sterna } from "./sterna";

const ONE = scriptStep("one", "1.0.0");
const TWO = scriptStep("two", "2.0.0");
const at = (staging: string, production = staging) => ({ development: staging, staging, production });
const data = (input: unknown, rest: object = {}) => ({ input, ...rest });
const OLDER = { terraform_data: { a: data(1), b: data("kept") } };
const NEWER = { terraform_data: { a: data(2), b: data("kept"), c: data("new") } };
const ROGUE = data(1, { provisioner: [{ "local-exec": { command: "id > rogue" } }] });

requires("terraform")("what a protected production takes, with real Terraform", () => {
  let project: TestProject;
  const run = (...args: string[]) => runCli(project.directory, args, terraformEnvironment());
  const define = (resources: object, rest: object = {}) =>
    project.define({
      ...{ steps: [ONE, TWO], provider: true, protected: ["production"] },
      ...{ resources: resources as Record<string, unknown>, ...rest },
    });
  const apply = async (...environments: string[]) => {
    for (const environment of environments) {
      const { status, stderr } = await run("apply", "shop", environment, "--auto-approve");
      expect([stderr, status]).toEqual([expect.any(String), 0]);
    }
  };
  const plan = async () => {
    const { status, stdout } = await run("plan", "shop", "production", "--json");
    const { report, error } = JSON.parse(stdout) as { report: PromotionReport; error?: { code: string } };
    const classes = Object.fromEntries([
      ...report.resources.map((each) => [each.address.replace("terraform_data.", ""), each.proof?.class]),
      ...[...report.steps, ...report.rollbacks].map((each) => [each.id, each.proof?.class]),
    ]) as Record<string, string>;
    return { status, code: error?.code, classes, report };
  };

  beforeAll(buildCli);
  beforeEach(() => void (project = new TestProject({ pins: at("1.0.0") })));
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("lets the way back undo what came since, and nothing more", async () => {
    // GIVEN
    define(OLDER);
    await apply("staging", "production");
    project.pin(at("2.0.0"));
    define(NEWER);
    await apply("staging", "production");

    // WHEN the pin is lowered, and production alone gets something else with it
    project.pin(at("2.0.0", "1.0.0"));
    define(OLDER, {
      extraResources: { production: { terraform_data: { ...OLDER.terraform_data, b: data("edited"), rogue: ROGUE } } },
    });
    const attack = await plan();

    // THEN
    expect(attack).toMatchObject({
      ...{ status: 3, code: "ChangesNotProved" },
      classes: { a: "PROVEN", b: "DIFFERS", c: "PROVEN", rogue: "ONLY-HERE", two: "PROVEN" },
    });
    expect(attack.report.resources.find(({ address }) => address.endsWith("rogue"))?.provisioners).toEqual([
      { type: "local-exec", when: "create", runs: ["id > rogue"] },
    ]);
    expect((await run("apply", "shop", "production")).status).toBe(3);

    // WHEN nothing comes with it
    define(OLDER);
    const back = await plan();

    // THEN
    expect(back).toMatchObject({ status: 2, classes: { a: "PROVEN", c: "PROVEN", two: "PROVEN" } });
    expect((await run("apply", "shop", "production")).status).toBe(0);
  });

  it("judges a saved plan again when it is applied, whatever is written beside it", async () => {
    // GIVEN
    define(OLDER);
    await apply("staging");
    define(OLDER, { extraResources: { production: { terraform_data: { ...OLDER.terraform_data, rogue: ROGUE } } } });
    expect((await plan()).status).toBe(3);
    const file = project.path(".sterna/plans/shop-production.json");
    const saved = JSON.parse(readFileSync(file, "utf8"));

    // WHEN
    saved.report.allowed = true;
    saved.report.proof.open = 0;
    for (const gate of saved.report.gates) gate.result = "passed";
    for (const change of saved.report.resources) change.proof = { class: "PROVEN", reason: "", attributes: [] };
    saved.summary = { ...saved.summary, changes: false, resources: [] };
    writeFileSync(file, JSON.stringify(saved));
    const applied = await run("apply", "shop", "production");

    // THEN
    expect(applied.stderr).toContain("error[ChangesNotProved]");
    expect(applied.status).toBe(3);
  });

  it("takes no row that was edited by hand for a proof, unless somebody waives it", async () => {
    // GIVEN a step that never succeeded anywhere
    const broken = { ...ONE, program: { ...ONE.program, up: "exit 1" } };
    define({}, { steps: [broken] });
    expect((await run("apply", "shop", "staging", "--auto-approve")).status).toBe(1);
    const repair = ["ledger", "repair", "shop", "staging", "one", "--as", "applied", "--reason", "by hand"];
    expect(await sterna(project.directory, repair)).toMatchObject({ status: 0 });
    await apply("staging");

    // WHEN
    const planned = await plan();

    // THEN
    expect(planned).toMatchObject({ status: 3, code: "StepsNotProved", classes: { one: "DIFFERS" } });
    expect(planned.report.steps[0]?.proof?.reason).toMatch(
      / wrote into the ledger of staging that it is applied .*by hand/,
    );

    // WHEN
    const waiver = { gate: "proof", system: "shop", environment: "production", release: "1.0.0", changes: ["one"] };
    project.write("waivers.json", {
      waivers: [{ ...waiver, reason: "loaded with COPY", by: "ana", expires: "2999-01-01T00:00:00Z" }],
    });

    // THEN
    expect((await plan()).status).toBe(2);
  });

  it("takes what staging configures otherwise since, once staging was applied again", async () => {
    // GIVEN
    define(OLDER);
    await apply("staging");
    const ordered = {
      terraform_data: { ...OLDER.terraform_data, b: data("kept", { depends_on: ["terraform_data.a"] }) },
    };

    // WHEN
    define(ordered);
    const before = await plan();
    await apply("staging");
    const after = await plan();

    // THEN
    expect(before).toMatchObject({ status: 3, classes: { a: "PROVEN", b: "DIFFERS" } });
    expect(after).toMatchObject({ status: 2, classes: { a: "PROVEN", b: "PROVEN" } });
  });
});
