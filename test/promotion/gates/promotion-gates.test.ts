import { describe, expect, it } from "@jest/globals";
import { requireProved } from "../../../lib/promotion/gates/promotion-gates";
import type { SynthesizedSystem } from "../../../lib/promotion/plan/synthesized-steps";
import type { Verdict } from "../../../lib/promotion/proof/compare-steps";
import { Waivers } from "../../../lib/promotion/proof/waivers";

const NOW = new Date("2026-06-01T00:00:00Z");

describe("steps that a promotion brings", () => {
  const place = { system: "shop", environment: "production", release: "1.0.0" };
  const system = place as SynthesizedSystem;
  const promote = (verdict: Verdict, expires?: string, gate = "proof") => {
    const waiver = { ...place, gate, changes: ["load"], reason: "loaded with COPY", by: "ana" };
    const waivers = new Waivers(expires === undefined ? [] : [{ ...waiver, expires }], NOW);
    const verdicts = [{ id: "load", title: "Load", verdict, reason: "as it is" }];
    return () => requireProved(verdicts, waivers, { ...system, environment: "staging" }, system);
  };
  const refused = expect.objectContaining({ code: "StepsNotProved" });

  it("pass when the environment before ran them", () => {
    expect(promote("PROVEN")).not.toThrow();
  });

  it("are refused when their row was edited by hand", () => {
    expect(promote("REPAIRED")).toThrow(refused);
  });

  it("pass with a repaired row that is waived by name for the proof", () => {
    expect(promote("REPAIRED", "2026-06-02T00:00:00Z")).not.toThrow();
  });

  it.each([
    ["has ended", "2026-05-31T00:00:00Z", "proof"],
    ["is for another gate", "2026-06-02T00:00:00Z", "backup-verified"],
  ])("are refused when the waiver %s", (_case, expires, gate) => {
    expect(promote("REPAIRED", expires, gate)).toThrow(refused);
  });

  it("are refused in spite of a waiver when they were never applied there", () => {
    expect(promote("NOT-APPLIED", "2026-06-02T00:00:00Z")).toThrow(refused);
  });
});
