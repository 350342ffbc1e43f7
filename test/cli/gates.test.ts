import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { Schedule } from "../../lib/schedule/schedule";
import { writeEvidence, type NewEvidence } from "../../lib/manifest/evidence";
import type { GatesData } from "../../lib/manifest/gate-data";
import { Checklist, CompatibilityMatrix, Duration, Gate, MaintenanceWindow } from "../../lib/index";
import { judgeGates, requirePassed } from "../../lib/promotion/gates/judge-gates";
import { isOpen, nextOpening } from "../../lib/promotion/gates/plan-gates";
import { requireGates } from "../../lib/toolkit/apply";
import { openProject } from "../../lib/toolkit/project/project";
import { writeRecord } from "../../lib/toolkit/project/records";
import type { SynthesizedSystem } from "../../lib/promotion/plan/synthesized-steps";
import type { PlanSummary } from "../../lib/promotion/plan/plan-summary";
import { errorOf } from "../support/system-stack";
import { scriptStep, TestProject } from "./project";
import { runCli } from "./run-cli";

const ONE = scriptStep("one", "1.0.0");
const PINS = { development: "1.0.0", staging: "1.0.0", production: "0.1.0" };
const DAY = 86_400_000;
const daysFromNow = (days: number) => new Date(Date.now() + days * DAY).toISOString();

const GATES: GatesData = {
  gates: [
    Gate.attested("load-test", { title: "Load testing completed" }),
    Gate.restoreDrill(Duration.days(90)),
    Checklist.automatic.noStatefulLoss,
    ...Checklist.duringMigration(),
  ].map((gate) => gate.toJSON()),
  windows: [],
};

const LOAD_TEST: NewEvidence = {
  system: "shop",
  environment: "production",
  gate: "load-test",
  release: "1.0.0",
  by: "Ada",
  at: daysFromNow(-1),
  expires: daysFromNow(10),
};
const DRILL: NewEvidence = { ...LOAD_TEST, gate: "restore-drill", release: "0.1.0", facts: { succeeded: true } };

let project: TestProject;
beforeEach(() => {
  project = new TestProject({ pins: PINS, steps: [ONE], manifests: { production: { gates: GATES } } });
  project.record("staging", ONE);
});
afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

const run = (...args: string[]) => runCli(project.directory, args);
const promote = () => run("promote", "shop", "staging", "production", "--no-plan");

describe("sterna promote", () => {
  const refusedBecause = async (code: string) => {
    const { status, stderr } = await promote();
    expect(stderr).toContain(`error[${code}]`);
    expect(status).toBe(3);
    expect(JSON.parse(readFileSync(project.path("releases.json"), "utf8"))).toEqual({ shop: PINS });
    return stderr;
  };

  it("passes when everything was shown", async () => {
    writeEvidence(project.directory, LOAD_TEST);
    writeEvidence(project.directory, DRILL);
    expect((await promote()).status).toBe(2);
  });

  it("lists every open gate, and the command that attests", async () => {
    const stderr = await refusedBecause("EvidenceMissing");
    expect(stderr).toContain("EvidenceMissing: load-test (Load testing completed): it has not been attested");
    expect(stderr).toContain("RestoreDrillMissing: restore-drill");
    expect(stderr).toContain("sterna attest shop production load-test --release 1.0.0");
  });

  it.each<[string, string, Partial<NewEvidence>]>([
    ["EvidenceExpired", "load-test", { expires: daysFromNow(-0.1) }],
    // It says that it counts for years; the gate says for 30 days.
    ["EvidenceExpired", "load-test", { at: daysFromNow(-31), expires: daysFromNow(1000) }],
    ["EvidenceForOtherRelease", "load-test", { release: "0.1.0" }],
    ["EvidenceMissing", "load-test", { at: daysFromNow(2) }],
    ["EvidenceMissing", "load-test", { facts: { succeeded: false } }],
    ["RestoreDrillMissing", "restore-drill", { at: daysFromNow(-91) }],
    ["RestoreDrillMissing", "restore-drill", { facts: { succeeded: false } }],
  ])("refuses with %s what the evidence for %s does not show", async (code, gate, change) => {
    // GIVEN everything is shown, but for one
    writeEvidence(project.directory, LOAD_TEST);
    writeEvidence(project.directory, DRILL);
    writeEvidence(project.directory, { ...(gate === "load-test" ? LOAD_TEST : DRILL), ...change });
    // THEN
    await refusedBecause(code);
  });

  it("takes a waiver by name instead, until it ends", async () => {
    // GIVEN
    writeEvidence(project.directory, DRILL);
    const waiver = { gate: "load-test", by: "Grace", reason: "No load yet", expires: daysFromNow(1) };
    const define = (waivers: object[]) => project.write("waivers.json", { waivers });
    define([{ ...waiver, expires: daysFromNow(-1) }]);
    expect(await refusedBecause("EvidenceMissing")).toContain("the waiver of Grace ended");
    // WHEN
    define([waiver]);
    // THEN
    expect((await promote()).status).toBe(2);
  });

  it("refuses while the environment that proves has not finished its checklist", async () => {
    // GIVEN
    const gates = [Gate.attested("metrics-watched", { title: "Metrics were watched", phase: "post" }).toJSON()];
    project.define({ steps: [ONE], manifests: { staging: { gates: { gates, windows: [] } } } });
    await refusedBecause("EvidenceMissing");
    // WHEN
    await run("attest", "shop", "staging", "metrics-watched");
    // THEN
    expect((await promote()).status).toBe(2);
  });

  it("refuses to skip a release where the system has to stop, and says which way to go", async () => {
    const row = { migrationRequired: true, downtime: "none", rollback: "yes" } as const;
    const matrix = new CompatibilityMatrix([
      { ...row, from: "0.1.0", to: "0.9.0" },
      { ...row, from: "0.9.0", to: "1.0.0" },
    ]);
    const releases = ["0.1.0", "0.9.0", "1.0.0"];
    project.define({ releases, steps: [ONE], manifests: { production: { compatibility: matrix.toJSON() } } });
    expect(await refusedBecause("RequiredStopSkipped")).toContain("0.1.0 → 0.9.0 (migration) → 1.0.0 (migration)");
  });

  it("ends with 3 when a gate stops the synthesis, and says its code", async () => {
    writeFileSync(
      project.path("app.cjs"),
      'class ValidationError extends Error { name = "ValidationError"; code = "ListenerWithoutTls"; }\n' +
        'throw new ValidationError("the gate tls-on-listeners refuses: [at shop-production/gates]");',
    );
    const { status, stderr } = await promote();
    expect(status).toBe(3);
    expect(stderr).toMatch(/error\[ListenerWithoutTls\]: the gate tls-on-listeners refuses/);
  });
});

describe("sterna attest", () => {
  it("writes a file for a commit, valid for as long as the gate says", async () => {
    // WHEN
    const args = ["--release", "1.0.0", "--by", "Ada", "--link", "https://ci.example.org/7", "--note", "2k rps"];
    const attest = await run("attest", "shop", "production", "load-test", ...args, "--fact", "rps=2000", "--json");
    // THEN
    expect(attest.status).toBe(0);
    const json = attest.json();
    expect(json).toMatchObject({ by: "Ada", release: "1.0.0", facts: { rps: 2000 } });
    expect(json.file).toBe("evidence/shop/production/load-test.json");
    expect(Date.parse(json.expires as string) - Date.parse(json.at as string)).toBe(30 * DAY);
    expect((await run("gates", "shop", "production", "--release", "1.0.0", "--json")).json()).toMatchObject({
      gates: [{ id: "load-test", standing: "attested" }, { id: "restore-drill", standing: "open" }, {}, {}, {}, {}],
    });
  });

  it.each([
    ["load-tests", [], "UnknownGate", 'did you mean "load-test"?'],
    ["each-step-verified", [], "GateNotAttestable", "held by each step's verify query"],
    ["no-stateful-loss", [], "GateNotAttestable", "looked at in every plan"],
    ["load-test", ["--release", "9.0.0"], "UnknownRelease", "0.1.0, 1.0.0"],
    ["load-test", ["--expires", "2020-01-01"], "InvalidEvidence", "in the future"],
    ["load-test", ["--expires", "soon"], "InvalidEvidence", "2026-12-31"],
    ["load-test", ["--expires", "2999-02-30"], "InvalidEvidence", "2999-02-30"],
    ["load-test", ["--link", "ftp://x"], "InvalidEvidence", "link"],
  ])("refuses %s with %j: %s", async (gate, args, code, message) => {
    const { status, stderr } = await run("attest", "shop", "production", gate, ...args);
    expect(status).toBe(1);
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).toContain(message);
  });
});

describe("sterna gates", () => {
  it("lists gates by phase, and ends with 3 while one is open", async () => {
    const { status, stdout } = await run("gates", "shop", "production", "--release", "1.0.0");
    expect(status).toBe(3);
    expect(stdout).toMatch(
      /Before the apply\n {2}✗ load-test +attested {2}Load testing completed \(open: it has not been attested\)/,
    );
    expect(stdout).toMatch(/While it runs\n {2}✓ backup-verified +run {7}/);
  });

  it("ends with 0 where there are none", async () => {
    const { status, stdout } = await run("gates", "shop", "staging");
    expect(status).toBe(0);
    expect(stdout).toContain("shop has no gates in staging.");
  });
});

describe("an apply", () => {
  const PLAN: PlanSummary = {
    changes: true,
    counts: { add: 0, change: 0, destroy: 0 },
    resources: [],
    steps: [],
    rollbacks: [],
    drift: [],
    outputs: [],
  };
  const system = (change: Partial<SynthesizedSystem> = {}): SynthesizedSystem => ({
    stack: "shop-production",
    system: "shop",
    environment: "production",
    order: 2,
    previous: "staging",
    protected: false,
    release: "1.0.0",
    releases: ["0.1.0", "1.0.0"],
    ledger: "{}",
    directory: project.directory,
    steps: [],
    definitions: new Map(),
    ...change,
  });
  const apply = (change: Partial<SynthesizedSystem>, plan: Partial<PlanSummary> = {}) =>
    requireGates(openProject(project.directory), system(change), {
      summary: { ...PLAN, ...plan },
      report: { gates: [], protected: false } as never,
    });
  /** What a plan gate refuses, as the plan reports it. */
  const requirePlan = (of: SynthesizedSystem, plan: PlanSummary) =>
    requirePassed(
      judgeGates(project, { moment: "plan", system: of, plan }).filter(isRefused),
      of,
      "nothing was planned",
    );
  const isRefused = ({ result }: { readonly result: string }) => result === "refused";
  /** Closed at this moment, for at least another day. */
  const closed = { gates: [], windows: [{ schedule: tomorrow(), seconds: 60, zone: "UTC" }] };

  const record = (release: string, result: "applied" | "failed") => {
    const [startedAt, finishedAt] = [new Date().toISOString(), new Date().toISOString()];
    const { stack, system: name, environment } = system();
    return writeRecord(openProject(project.directory), {
      ...{ stack, system: name, environment, release, result, startedAt, finishedAt, by: "Ada", plan: "0" },
      ...{ resources: PLAN.counts, changes: [], steps: [], ledgers: [], errors: [], sterna: "0", terraform: "1" },
    });
  };

  it("is refused while a gate is open", async () => {
    await expect(apply({ gates: GATES })).rejects.toMatchObject({ name: "RefusedError", code: "EvidenceMissing" });
  });

  it("with nothing to do needs no gate", async () => {
    await apply({ gates: { ...GATES, ...closed } }, { changes: false });
  });

  it("is refused outside of the maintenance windows, and told when the next one opens", async () => {
    const next = nextOpening(closed.windows[0]!, new Date())!.toISOString();
    await expect(apply({ gates: closed })).rejects.toMatchObject({
      code: "OutsideMaintenanceWindow",
      message: expect.stringContaining(`the next opens ${next}`),
    });
  });

  it("passes a closed window with a waiver", async () => {
    const waiver = { gate: "maintenance-window", by: "Ada", reason: "Outage", expires: daysFromNow(1) };
    project.write("waivers.json", { waivers: [waiver] });
    await apply({ gates: closed });
  });

  it("that ends what a failed one began does not wait for a window", async () => {
    await record("1.0.0", "failed");
    await apply({ gates: closed });
  });

  it("that goes back waits for nobody", async () => {
    await record("1.0.0", "applied");
    await apply({ release: "0.1.0", gates: { ...GATES, windows: closed.windows } });
  });

  it("is refused when it skips a required stop since the last record", async () => {
    await record("0.1.0", "applied");
    const rows = [{ from: "0.1.0", to: "0.9.0", migrationRequired: true, downtime: "none", rollback: "yes" } as const];
    const compatibility = new CompatibilityMatrix(rows).toJSON();
    await expect(apply({ compatibility })).rejects.toMatchObject({ name: "RefusedError", code: "NoUpgradePath" });
  });

  it.each([
    ["aws_db_instance.main", "delete", true],
    ['module.shop["a.b"].aws_s3_bucket.data[0]', "replace", true],
    ['aws_dynamodb_table.carts["x"]', "delete and create", true],
    ["aws_db_instance.main", "update", false],
    ["aws_db_parameter_group.main", "delete", false],
  ])("that does to %s a %s is refused: %p", (address, action, refused) => {
    const work = () =>
      requirePlan(system({ gates: GATES }), { ...PLAN, resources: [{ address, action, imported: false }] });
    if (!refused) return work();
    expect(errorOf(work)).toMatchObject({ code: "StatefulResourceLost", message: expect.stringContaining(address) });
  });

  it("that destroys what a waiver names passes, and nothing else", () => {
    const resources = [{ address: "aws_s3_bucket.old", action: "delete", imported: false }];
    const waiver = { gate: "no-stateful-loss", by: "Ada", reason: "Empty", expires: daysFromNow(1) };
    const waive = (address: string) => project.write("waivers.json", { waivers: [{ ...waiver, changes: [address] }] });
    waive("aws_s3_bucket.old");
    requirePlan(system({ gates: GATES }), { ...PLAN, resources });
    waive("aws_s3_bucket.new");
    expect(errorOf(() => requirePlan(system({ gates: GATES }), { ...PLAN, resources })).code).toBe(
      "StatefulResourceLost",
    );
  });

  it("of a drifted environment is refused where the gate is declared", () => {
    const gates = { ...GATES, gates: [Checklist.automatic.noDrift.toJSON()] };
    const drift = [{ address: "aws_lb.web", action: "update", imported: false }];
    expect(errorOf(() => requirePlan(system({ gates }), { ...PLAN, drift })).code).toBe("DriftFound");
  });

  it("cannot go back over a move that cannot be taken back", () => {
    const rows = [{ from: "0.1.0", to: "1.0.0", migrationRequired: true, downtime: "yes", rollback: "no" } as const];
    const compatibility = new CompatibilityMatrix(rows).toJSON();
    const back = system({ compatibility, release: "0.1.0" });
    const last = { release: "1.0.0", result: "applied" } as const;
    const results = judgeGates(project, { moment: "pin", system: back, last });
    expect(errorOf(() => requirePassed(results, back, "nothing was changed")).code).toBe("RollbackUnsupported");
  });
});

describe("a maintenance window", () => {
  const window = new MaintenanceWindow({
    schedule: Schedule.weekly({ on: "Sat", at: "22:00", zone: "Europe/Berlin" }),
    duration: Duration.hours(4),
  }).toJSON();

  it.each([
    // Saturday 22:00 in Berlin is 20:00 UTC in summer and 21:00 UTC in winter.
    ["2026-07-18T19:59:59Z", false],
    ["2026-07-18T20:00:00Z", true],
    ["2026-07-18T23:59:59Z", true],
    ["2026-07-19T00:00:00Z", false],
    ["2026-01-17T20:30:00Z", false],
    ["2026-01-17T21:00:00Z", true],
    ["2026-01-18T00:59:59Z", true],
    ["2026-01-18T01:00:00Z", false],
  ])("is open at %s: %p", (now, open) => {
    expect(isOpen(window, new Date(now))).toBe(open);
  });
});

/** A cron expression for noon of the day after tomorrow. */
function tomorrow(): string {
  const day = new Date(Date.now() + 2 * DAY);
  return `0 12 ${day.getUTCDate()} ${day.getUTCMonth() + 1} *`;
}
