import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TerraformObject } from "../../lib/engine/protocol/dynamic-value";
import { ProviderCaller, stepConfig } from "../engine/protocol/call-provider";

describe("the provider, beside the sterna.json of a stack", () => {
  let directory: string;
  let provider: ProviderCaller;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "sterna-provider-"));
    provider = new ProviderCaller();
    await provider.configure({ ledger: JSON.stringify({ kind: "file", directory }), environment: "staging" });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const applied = (overrides: TerraformObject = {}): TerraformObject =>
    stepConfig({ status: "applied", applied_at: "2026-01-01T00:00:00.000Z", checksum: "c", title: "T", ...overrides });
  const declare = (history: object = { removed: [], outOfOrder: [] }) => {
    writeFileSync(join(directory, "sterna.json"), JSON.stringify({ release: "1.0.0", history }));
    jest.spyOn(process, "cwd").mockReturnValue(directory);
  };
  const allowed = { removed: ["s1"], outOfOrder: ["s0"] };
  afterEach(() => void jest.restoreAllMocks());

  const warned = ({ diagnostics }: { diagnostics: { summary: string; detail: string }[] }) =>
    diagnostics.map(({ summary, detail }) => `${/\[(\w+)\]/.exec(summary)?.[1] ?? summary}: ${detail}`);

  it("warns that an applied step leaves a release that stays, unless the migration says so", async () => {
    // GIVEN
    declare();

    // WHEN
    const slip = await provider.planRemoval(applied());
    const rollback = await provider.planRemoval(applied({ id: "s2", release: "2.0.0" }));
    declare(allowed);
    await provider.configure({ ledger: JSON.stringify({ kind: "file", directory }), environment: "staging" });
    const meant = await provider.planRemoval(applied());

    // THEN
    expect(warned(slip)).toEqual([expect.stringMatching(/^AppliedStepRemoved: s1 .* add removed: \["s1"\]/)]);
    expect(warned(rollback)).toEqual(["Steps will be rolled back: s2 (2.0.0): T"]);
    expect(warned(meant)).toEqual(["Steps will be rolled back: s1 (1.0.0): T"]);
  });

  it("warns that a step runs after an applied one that comes later, also through others", async () => {
    // GIVEN
    const plan = async () => {
      await provider.configure({ ledger: JSON.stringify({ kind: "file", directory }), environment: "staging" });
      await provider.planCreation(stepConfig({ id: "s0" }));
      await provider.planCreation(stepConfig({ id: "s1", after: ["s0"] }));
      return provider.planChange(applied({ id: "s2" }), stepConfig({ id: "s2", after: ["s1"] }));
    };

    // WHEN
    declare();
    const later = await plan();
    declare(allowed);
    const meant = await plan();

    // THEN
    expect(warned(later)).toEqual([
      expect.stringMatching(/^StepOutOfOrder: s1 comes before s2/),
      expect.stringMatching(/^StepOutOfOrder: s0 comes before s2/),
    ]);
    expect(warned(meant)).toEqual([expect.stringMatching(/^StepOutOfOrder: s1 comes before s2/)]);
  });
});
