import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { PromotionReport } from "../../../lib/promotion/promotion-report";
import { scriptStep, TestProject } from "../../cli/project";
import { requires } from "../../support/requirements";
import { unwrapped } from "../../support/unwrapped";
import { buildCli, sterna } from "./sterna";

const ONE = scriptStep("one", "1.0.0");
const PINS = { development: "1.0.0", staging: "1.0.0", production: "1.0.0" };
const data = (input: object) => ({ input });
const RESOURCES = {
  terraform_data: {
    bucket: data({ name: "shop-@environment@", keep: 28 }),
    size: data({ instances: 2 }),
    shared: data({ team: "payments" }),
  },
};
const GATES = {
  gates: [
    { id: "no-loss", kind: "plan", phase: "pre", title: "Nothing is lost", check: "no-stateful-loss" },
    {
      ...{ id: "load-test", kind: "attested", phase: "pre", title: "Load test" },
      evidence: { subject: "attestation", validFor: 3600, eachRelease: true },
    },
  ],
  windows: [],
};

requires("terraform")("what staging proved is what production gets, with real Terraform", () => {
  let project: TestProject;
  const run = (...args: string[]) => sterna(project.directory, args);
  const define = (rest: object = {}) =>
    project.define({ steps: [ONE], provider: true, protected: ["production"], resources: RESOURCES, ...rest });
  const refused = async (code: string, ...args: string[]) => {
    const { status, stderr } = await run(...args);
    expect(stderr).toContain(`error[${code}]`);
    expect(status).toBe(3);
    return unwrapped(stderr);
  };

  beforeAll(buildCli);
  beforeEach(async () => {
    project = new TestProject({ pins: PINS });
    define();
    expect(await run("apply", "shop", "staging", "--auto-approve")).toMatchObject({ status: 0 });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("lets the same through, and calls a rogue resource, a hot edit and a gap by their classes", async () => {
    // WHEN nothing differs but the declared name of the environment
    define({ manifests: { production: { gates: GATES } } });
    const same = await run("plan", "shop", "production", "--json");

    // THEN
    expect(same.status).toBe(2);
    const { report } = JSON.parse(same.stdout) as { report: PromotionReport };
    expect(report.proof).toMatchObject({ counts: { PROVEN: 4, DIFFERS: 0, "ONLY-HERE": 0, MISSING: 0 }, open: 0 });
    expect(report.allowed).toBe(true);
    expect(report.gates.map(({ id, result }) => [id, result])).toEqual([
      ["no-loss", "passed"],
      ["load-test", "open"],
      ["proof", "passed"],
    ]);

    // WHEN
    const { shared: _shared, ...rest } = RESOURCES.terraform_data;
    const edited = { ...rest, size: data({ instances: 3 }), rogue: data({ open: true }) };
    define({ extraResources: { production: { terraform_data: edited } } });
    const other = await run("plan", "shop", "production", "--json");

    // THEN
    expect(other.status).toBe(3);
    const found = JSON.parse(other.stdout) as { report: PromotionReport; error: { code: string } };
    expect(found.error.code).toBe("ChangesNotProved");
    expect(classesOf(found.report)).toEqual({
      "terraform_data.bucket": "PROVEN",
      "terraform_data.size": "DIFFERS",
      "terraform_data.rogue": "ONLY-HERE",
      "terraform_data.shared": "MISSING",
      one: "PROVEN",
    });
    expect(found.report.resources.find(({ address }) => address === "terraform_data.size")?.proof?.attributes).toEqual([
      "input.instances",
    ]);

    // WHEN it is reported
    const comment = await run("plan", "shop", "production", "--format", "markdown");
    const page = await run("plan", "shop", "production", "--out", "plan.html");

    // THEN
    expect([comment.status, page.status]).toEqual([3, 3]);
    for (const verdict of ["PROVEN", "DIFFERS", "ONLY-HERE", "MISSING"]) expect(comment.stdout).toContain(verdict);
    expect(comment.stdout).toContain("terraform_data.rogue");
    expect(readFileSync(project.path("plan.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*terraform_data\.rogue/i);

    // WHEN it is applied nevertheless
    await refused("ChangesNotProved", "apply", "shop", "production");
    await refused("ChangesNotProved", "apply", "shop", "production", "--auto-approve");

    // WHEN each is waived by name
    const waive = (change: string) => ({
      ...{ system: "shop", environment: "production", release: "1.0.0", gate: "proof", changes: [change] },
      ...{ reason: "agreed in OPS-7", by: "ana", expires: "2999-01-01T00:00:00Z" },
    });
    project.write("waivers.json", {
      waivers: ["size", "rogue", "shared"].map((name) => waive(`terraform_data.${name}`)),
    });

    // THEN
    expect((await run("plan", "shop", "production")).status).toBe(2);
    expect((await run("apply", "shop", "production")).status).toBe(0);
  });

  it("proves by its expression what production knows already, and staging learned from its apply", async () => {
    // GIVEN staging made both at once, so that the id of the first was unknown; production has the first one
    const first = { first: data({ team: "payments" }) };
    const [copied, fixed] = ["${terraform_data.first.id}", "somebody else's"].map((of) => ({
      terraform_data: { ...first, second: data({ of }) },
    }));
    define({ resources: copied });
    expect((await run("apply", "shop", "staging", "--auto-approve")).status).toBe(0);
    define({ resources: { terraform_data: first }, protected: [] });
    expect((await run("apply", "shop", "production", "--auto-approve")).status).toBe(0);

    // WHEN
    define({ resources: copied });
    const same = await run("plan", "shop", "production", "--json");
    define({ resources: copied, extraResources: { production: fixed } });
    const other = await run("plan", "shop", "production", "--json");

    // THEN
    const classOfSecond = ({ stdout }: { stdout: string }) =>
      classesOf((JSON.parse(stdout) as { report: PromotionReport }).report)["terraform_data.second"];
    expect([same.status, classOfSecond(same)]).toEqual([2, "PROVEN"]);
    expect([other.status, classOfSecond(other)]).toEqual([3, "DIFFERS"]);
  });

  it("refuses a step that was edited since staging ran it", async () => {
    const edited = { ...ONE, program: { ...ONE.program, up: 'echo up one >> "$WORLD"; echo more' } };
    define({ steps: [edited] });

    expect(await refused("StepsNotProved", "plan", "shop", "production")).toMatch(/DIFFERS +one +staging applied/);
  });

  it("refuses a release that staging never applied", async () => {
    project.pin({ ...PINS, development: "2.0.0", staging: "2.0.0", production: "2.0.0" });

    define({ steps: [ONE, scriptStep("two", "2.0.0")] });

    await refused("ReleaseNotApplied", "plan", "shop", "production");
    await refused("NotNextEnvironment", "promote", "shop", "development", "production");
  });

  it("promotes nothing from an environment that drifted", async () => {
    // GIVEN
    project.pin({ ...PINS, production: "0.1.0" });
    define({ resources: { terraform_data: { ...RESOURCES.terraform_data, size: data({ instances: 9 }) } } });

    // WHEN
    const said = await refused("EnvironmentDrifted", "promote", "shop", "staging", "production");

    // THEN
    expect(said).toContain("terraform_data.size");
    expect(JSON.parse(readFileSync(project.path("releases.json"), "utf8")).shop.production).toBe("0.1.0");
  });

  it("takes no proof from a record that was edited", async () => {
    // GIVEN
    const directory = project.path(".sterna/records/shop-staging");
    const [name] = readdirSync(directory).filter((each) => /^\d+\.json$/.test(each));
    const text = readFileSync(`${directory}/${name}`, "utf8");

    // WHEN
    writeFileSync(`${directory}/${name}`, text.replace('"result": "applied"', '"result":  "applied"'));

    // THEN
    expect(await refused("RecordsBroken", "plan", "shop", "production")).toContain(name);
  });
});

function classesOf({ resources, steps, proof }: PromotionReport): Record<string, string | undefined> {
  return Object.fromEntries([
    ...resources.map(({ address, proof }) => [address, proof?.class]),
    ...steps.map(({ id, proof }) => [id, proof?.class]),
    ...proof!.missing.map(({ name, proof }) => [name, proof.class]),
  ]);
}
