import { describe, expect, it } from "@jest/globals";
import { programChecksum } from "../../../lib/manifest/checksum";
import { program } from "../../support/program";
import type { StepRecord } from "../../../lib/manifest/step-record";
import { compareSteps } from "../../../lib/promotion/proof/compare-steps";
import type { SynthesizedStep } from "../../../lib/promotion/plan/synthesized-steps";

function declared(id: string, up = `run ${id}`): SynthesizedStep {
  const parsed = program.parse({ kind: "command", up, verify: [{ query: "true", expected: "" }] });
  return {
    id,
    address: `sterna_step.${id}`,
    release: "1.0.0",
    title: id,
    after: [],
    variables: {},
    program: parsed,
    checksum: programChecksum(parsed),
  };
}

function applied(step: SynthesizedStep, change: Partial<StepRecord> = {}): StepRecord {
  return { ...step, status: "applied", appliedAt: "2026-01-01T00:00:00Z", ...change } as unknown as StepRecord;
}

function verdicts(comparison: { declared: SynthesizedStep[]; rows: StepRecord[]; promoted: SynthesizedStep[] }) {
  const all = compareSteps({ from: "staging", to: "production", ...comparison });
  return Object.fromEntries(all.map(({ id, verdict }) => [id, verdict]));
}

describe("what the environment before proved", () => {
  const one = declared("one");

  it("is proven when it was applied there with the same checksum", () => {
    expect(verdicts({ declared: [one], rows: [applied(one)], promoted: [one] })).toEqual({ one: "PROVEN" });
  });

  it.each(["running", "failed", "undoing"] as const)("is not applied while the ledger says %s", (status) => {
    expect(verdicts({ declared: [one], rows: [applied(one, { status })], promoted: [one] })).toEqual({
      one: "NOT-APPLIED",
    });
  });

  it("is not applied when the ledger does not hold it", () => {
    expect(verdicts({ declared: [one], rows: [], promoted: [one] })).toEqual({ one: "NOT-APPLIED" });
  });

  it("differs when another program was applied", () => {
    const other = declared("one", "run something else");

    expect(verdicts({ declared: [one], rows: [applied(one)], promoted: [other] })).toEqual({ one: "DIFFERS" });
  });

  it("differs when nobody can tell what the program is", () => {
    const { checksum: _checksum, program: _program, ...unknown } = one;

    expect(verdicts({ declared: [one], rows: [applied(one)], promoted: [unknown] })).toEqual({ one: "DIFFERS" });
  });

  it("names steps that only one of the two has, also those that only the ledger knows", () => {
    const [here, there, forgotten] = [declared("here"), declared("there"), declared("forgotten")];
    const rows = [applied(one), applied(there), applied(forgotten)];

    expect(verdicts({ declared: [one, there], rows, promoted: [one, here] })).toEqual({
      one: "PROVEN",
      here: "ONLY-HERE",
      there: "MISSING",
      forgotten: "MISSING",
    });
  });
});
