import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Checklist, CompatibilityMatrix, Duration, Gate } from "../../../lib/index";
import { judgeGates, type GateMoment, requirePassed } from "../../../lib/promotion/gates/judge-gates";
import type { SynthesizedSystem } from "../../../lib/promotion/plan/synthesized-steps";
import { writeEvidence } from "../../../lib/manifest/evidence";
import type { GatesData } from "../../../lib/manifest/gate-data";
import type { ApplyRecord } from "../../../lib/promotion/records/apply-record";
import type { PlanSummary } from "../../../lib/promotion/plan/plan-summary";
import { gateResult } from "../../../lib/promotion/promotion-report";
import { errorOf } from "../../support/system-stack";
import { scratchDirectory } from "../../support/repository";

const NOW = new Date("2026-07-18T21:00:00Z");
const TOMORROW = "2026-07-19T21:00:00.000Z";
const NOTHING: PlanSummary = {
  changes: true,
  counts: { add: 0, change: 0, destroy: 0 },
  resources: [],
  steps: [],
  rollbacks: [],
  drift: [],
  outputs: [],
};
const DESTROYS: PlanSummary = {
  ...NOTHING,
  resources: [{ address: "aws_db_instance.main", action: "delete", imported: false }],
};
const waiver = { gate: "no-stateful-loss", reason: "it is empty", by: "Ada", expires: TOMORROW };

interface Question {
  readonly plan?: PlanSummary;
  readonly last?: Partial<ApplyRecord>;
  readonly moment?: GateMoment;
  readonly waivers?: readonly object[];
}

describe("the gates in a report", () => {
  let directory: string;
  beforeEach(() => void (directory = scratchDirectory("gate-results")));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const gates = (change: Partial<GatesData> = {}): GatesData => ({
    gates: [
      Gate.synth("tls", () => [], { title: "TLS on every listener" }),
      Checklist.automatic.noStatefulLoss,
      Gate.run("each-step-verified", "the engine", { title: "Each step is verified", phase: "during" }),
      Gate.attested("load-test", { title: "Load test" }),
      Gate.attested("metrics", { title: "Metrics were watched", phase: "post" }),
      Gate.restoreDrill(Duration.days(30)),
    ].map((gate) => gate.toJSON()),
    windows: [],
    ...change,
  });
  const ask = (
    change: Partial<SynthesizedSystem>,
    { plan = NOTHING, last, moment = "plan", waivers = [] }: Question = {},
  ) => {
    writeFileSync(join(directory, "waivers.json"), JSON.stringify({ waivers }));
    const system = { system: "shop", environment: "production", release: "2.0.0", releases: [], ...change };
    const question = { moment, system: system as never, plan, last: last as ApplyRecord | undefined, now: NOW };
    return judgeGates({ directory }, question).map((gate) => gateResult.parse(gate));
  };
  const results = (...args: Parameters<typeof ask>) =>
    Object.fromEntries(ask(...args).map(({ id, result, code }) => [id, [result, code].filter(Boolean).join(" ")]));

  it("are all there, each with when it is asked and how it stands", () => {
    // GIVEN
    const drill = { gate: "restore-drill", release: "1.0.0", by: "Ada", facts: { succeeded: true } };
    const place = { system: "shop", environment: "production" };
    writeEvidence(directory, { ...place, ...drill, at: "2026-07-17T21:00:00.000Z", expires: TOMORROW });

    // THEN
    expect(results({ gates: gates() })).toEqual({
      tls: "passed",
      "no-stateful-loss": "passed",
      "each-step-verified": "pending",
      "load-test": "open EvidenceMissing",
      metrics: "pending",
      "restore-drill": "passed",
    });
    expect(ask({ gates: gates() }).map(({ stage }) => stage)).toEqual([
      ...["synth", "plan", "run", "attested", "attested", "attested"],
    ]);
    const open = ask({ gates: gates() }).find(({ result }) => result === "open");
    expect(open?.detail).toContain("sterna attest shop production load-test --release 2.0.0");
  });

  it("refuse what the plan would lose, unless a waiver names it", () => {
    const stateful = (...waivers: object[]) =>
      ask({ gates: gates() }, { plan: DESTROYS, waivers }).find(({ id }) => id === "no-stateful-loss")!;

    expect(stateful()).toMatchObject({
      result: "refused",
      code: "StatefulResourceLost",
      detail: expect.stringContaining("aws_db_instance.main is destroyed"),
    });
    expect(stateful().detail).toContain(
      'waivers.json: { "gate": "no-stateful-loss", "system": "shop", "environment": "production", "changes": ["aws_db_instance.main"]',
    );
    const named = { ...waiver, changes: ["aws_db_instance.main"] };
    const { gate: _gate, ...reported } = waiver;
    expect(stateful(named)).toMatchObject({ result: "waived", waiver: reported });
    expect(stateful(waiver)).toMatchObject({ result: "waived", waiver: reported });
    expect(stateful({ ...named, changes: ["aws_db_instance.other"] }).result).toBe("refused");
    expect(stateful({ ...named, expires: "2026-07-18T20:00:00.000Z" })).toMatchObject({
      result: "refused",
      detail: expect.stringContaining("the waiver of Ada ended"),
    });
  });

  it.each([
    [{}, "waived"],
    [{ system: "shop" }, "waived"],
    [{ system: "shop", environment: "production", release: "2.0.0" }, "waived"],
    [{ system: "wiki" }, "refused"],
    [{ environment: "staging" }, "refused"],
    [{ release: "1.0.0" }, "refused"],
    // A date means its end.
    [{ expires: "2026-07-18" }, "waived"],
    [{ expires: "2026-07-17" }, "refused"],
  ])("count a waiver %j where it is for: %s", (place, result) => {
    const found = ask({ gates: gates() }, { plan: DESTROYS, waivers: [{ ...waiver, ...place }] });

    expect(found.find(({ id }) => id === "no-stateful-loss")).toMatchObject({ result });
  });

  it("let the way back pass without evidence and windows, and not without the other gates", () => {
    const windows = [{ schedule: "0 12 1 1 *", seconds: 60, zone: "UTC" }];
    const last = { release: "3.0.0", result: "applied" as const };

    expect(results({ gates: gates({ windows }) }, { plan: DESTROYS, last })).toMatchObject({
      "load-test": "passed",
      "restore-drill": "passed",
      "maintenance-window": "passed",
      "no-stateful-loss": "refused StatefulResourceLost",
    });
  });

  it.each([
    ["0 12 1 1 *", [], "pending", "none is open now; the next opens 2027-01-01T12:00:00.000Z"],
    ["0 20 * * *", [], "pending", "one is open now"],
    ["0 12 1 1 *", [{ ...waiver, gate: "maintenance-window" }], "waived", "waived by name"],
  ])("say when a maintenance window opens: %s", (schedule, waivers, result, detail) => {
    const windows = [{ schedule, seconds: 4 * 3600, zone: "UTC" }];

    expect(ask({ gates: gates({ gates: [], windows }) }, { waivers })).toEqual([
      expect.objectContaining({ id: "maintenance-window", stage: "apply", result, detail }),
    ]);
  });

  it("does not keep the end of a failed apply waiting for a window", () => {
    const windows = [{ schedule: "0 12 1 1 *", seconds: 60, zone: "UTC" }];
    const last = { release: "2.0.0", result: "failed" as const };

    expect(results({ gates: gates({ gates: [], windows }) }, { last })).toEqual({ "maintenance-window": "passed" });
  });

  it("say whether the compatibility matrix allows the move", () => {
    const row = { migrationRequired: true, downtime: "none", rollback: "yes" } as const;
    const compatibility = new CompatibilityMatrix([
      { ...row, from: "1.0.0", to: "1.5.0" },
      { ...row, from: "1.5.0", to: "2.0.0" },
    ]).toJSON();
    const from = (release: string) =>
      results({ compatibility, releases: ["1.0.0", "1.5.0", "2.0.0"] }, { last: { release, result: "applied" } });

    expect(from("1.0.0")).toEqual({ compatibility: "refused RequiredStopSkipped" });
    expect(from("1.5.0")).toEqual({ compatibility: "passed" });
    expect(from("2.0.0")).toEqual({});
  });

  it.each<[GateMoment, Record<string, string>]>([
    ["plan", { "load-test": "open EvidenceMissing", metrics: "pending", "maintenance-window": "pending" }],
    [
      "apply",
      {
        "load-test": "open EvidenceMissing",
        metrics: "pending",
        "maintenance-window": "open OutsideMaintenanceWindow",
      },
    ],
    ["pin", { "load-test": "open EvidenceMissing", metrics: "pending", "maintenance-window": "pending" }],
  ])("are the same gates at every moment; those that can wait do: %s", (moment, expected) => {
    const windows = [{ schedule: "0 12 1 1 *", seconds: 60, zone: "UTC" }];

    expect(results({ gates: gates({ windows }) }, { moment })).toMatchObject(expected);
  });

  it("ask what has to hold before the next environment when the release leaves, and nothing else", () => {
    expect(results({ gates: gates() }, { moment: "leave" })).toEqual({ metrics: "open EvidenceMissing" });
  });

  it("ask nobody about an apply that changes nothing", () => {
    const windows = [{ schedule: "0 12 1 1 *", seconds: 60, zone: "UTC" }];

    expect(ask({ gates: gates({ windows }) }, { moment: "apply", plan: { ...NOTHING, changes: false } })).toEqual([]);
  });

  it("stop with the first that refuses, else with the first that is open, and name them all", () => {
    // GIVEN
    const place = { system: "shop", environment: "production", release: "2.0.0" };
    const windows = [{ schedule: "0 12 1 1 *", seconds: 60, zone: "UTC" }];
    const stop = (plan: PlanSummary) =>
      errorOf(() =>
        requirePassed(ask({ gates: gates({ windows }) }, { moment: "apply", plan }), place, "nothing was applied"),
      );

    // THEN
    expect(stop(DESTROYS)).toMatchObject({ code: "StatefulResourceLost" });
    const open = stop(NOTHING);
    expect(open).toMatchObject({ code: "EvidenceMissing" });
    expect(open.message).toContain("3 gates are open for release 2.0.0 of shop in production, so nothing was applied");
    expect(open.message).toContain("EvidenceMissing: load-test (Load test): it has not been attested");
    expect(open.message).toContain("RestoreDrillMissing: restore-drill");
    expect(open.message).toMatch(/OutsideMaintenanceWindow: .*the next opens 2027-01-01T12:00:00.000Z/);
  });
});
