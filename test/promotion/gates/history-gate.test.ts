import { describe, expect, it } from "@jest/globals";
import { historyResult } from "../../../lib/promotion/gates/history-gate";
import type { PlanReading } from "../../../lib/promotion/plan/plan-builder";
import type { PlanSummary } from "../../../lib/promotion/plan/plan-summary";
import type { SynthesizedSystem } from "../../../lib/promotion/plan/synthesized-steps";

const applied = (id: string) => ({
  address: `sterna_step.${id}`,
  type: "sterna_step",
  mode: "managed",
  change: { actions: ["no-op"], after: { id, release: "1.0.0", status: "applied", checksum: "abc" } },
});

/** What the gate says of a stack with the steps a, b and c in this order, pinned to 1.0.0. */
function judge(
  plan: Readonly<Partial<Record<"runs" | "describes" | "adopts" | "undoes" | "kept", readonly string[]>>>,
  history: SynthesizedSystem["history"] = undefined,
  release = "1.0.0",
) {
  const ids = ["a", "b", "c"];
  const steps = ids.map((id, index) => ({ id, after: ids.slice(index - 1, index) }));
  const system = { system: "shop", environment: "staging", release, steps, ...(history && { history }) };
  const rows = (names: readonly string[] = [], action: string) =>
    names.map((id) => ({ id, address: `sterna_step.${id}`, release: "1.0.0", action }));
  const running = [...rows(plan.runs, "run"), ...rows(plan.describes, "describe"), ...rows(plan.adopts, "adopt")];
  const summary = { steps: running, rollbacks: rows(plan.undoes, "roll-back") };
  const reading = { steps: (plan.kept ?? []).map(applied) };
  return historyResult(
    system as unknown as SynthesizedSystem,
    summary as unknown as PlanSummary,
    reading as unknown as PlanReading,
  );
}

describe("the gate of the history", () => {
  it("refuses that an applied step leaves a release that stays, unless the migration says so", () => {
    expect(judge({ undoes: ["x"] })).toMatchObject([
      { result: "refused", code: "AppliedStepRemoved", detail: expect.stringContaining('removed: ["x"]') },
    ]);
    expect(judge({ undoes: ["x"] }, { removed: ["x"], outOfOrder: [] })).toEqual([]);
  });

  it("says nothing of a rollback to an older release", () => {
    expect(judge({ undoes: ["x"] }, undefined, "0.9.0")).toEqual([]);
  });

  it("refuses that a step runs after one that comes later, also through others, unless the migration says so", () => {
    expect(judge({ runs: ["a", "b"], kept: ["c"] })).toMatchObject([
      { result: "refused", code: "StepOutOfOrder", detail: expect.stringContaining("step a comes before c") },
    ]);
    expect(judge({ runs: ["a"], kept: ["c"] }, { removed: [], outOfOrder: ["a"] })).toEqual([]);
  });

  it("refuses it too where the applied step changes only its description, or is adopted", () => {
    expect(judge({ runs: ["a"], describes: ["b"] })).toMatchObject([{ code: "StepOutOfOrder" }]);
    expect(judge({ runs: ["a"], adopts: ["c"] })).toMatchObject([{ code: "StepOutOfOrder" }]);
  });

  it("says nothing of steps that run after all that are applied", () => {
    expect(judge({ runs: ["b", "c"], kept: ["a"] })).toEqual([]);
  });
});
