import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNKNOWN, type TerraformObject } from "../../lib/engine/protocol/dynamic-value";
import { ProviderCaller, stepConfig } from "../engine/protocol/call-provider";

describe("the provider", () => {
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

  const errors = (reply: { diagnostics: { severity: number; summary: string; detail: string }[] }) =>
    reply.diagnostics.filter(({ severity }) => severity === 1).map(({ summary, detail }) => `${summary}: ${detail}`);

  describe("plans", () => {
    it("a creation with every default written out, and the rest unknown", async () => {
      // WHEN
      const { state, diagnostics } = await provider.planCreation(stepConfig());

      // THEN
      expect(diagnostics).toEqual([]);
      expect(state).toMatchObject({
        title: "s1",
        phase: "migrate",
        variables: {},
        after: [],
        on_retry: "resume",
        on_destroy: "rollback",
        status: "applied",
        applied_at: UNKNOWN,
        artifact: UNKNOWN,
        irreversible: null,
        timeout: null,
      });
    });

    it("the same step again in the next plan of the same process", async () => {
      // GIVEN
      const configuration = { ledger: JSON.stringify({ kind: "file", directory }), environment: "staging" };
      await provider.planCreation(stepConfig());
      expect(errors(await provider.planCreation(stepConfig())).join()).toContain("[DuplicateStep]");

      // WHEN
      await provider.configure(configuration);

      // THEN
      expect(errors(await provider.planCreation(stepConfig()))).toEqual([]);
    });

    it("an empty list and map as they are given, and a left out argument as its default again", async () => {
      // GIVEN
      const prior = applied({ after: ["s0"], variables: { A: "1" }, phase: "expand" });

      // WHEN
      const emptied = await provider.planChange(prior, stepConfig({ after: [], variables: {} }));
      const removed = await provider.planChange(prior, stepConfig({ after: null, variables: null, phase: null }));

      // THEN
      expect(emptied.state).toMatchObject({ after: [], variables: {} });
      expect(removed.state).toMatchObject({ after: [], variables: {}, phase: "migrate" });
    });

    it("whatever the configuration says, as it says it: a known value holds", async () => {
      const anything = fc.record(
        {
          title: fc.string(),
          release: fc.string({ minLength: 1 }),
          irreversible: fc.string(),
          timeout: fc.integer({ min: 1 }),
          after: fc.array(fc.string()),
          variables: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9-]{0,8}$/), fc.string(), { noNullPrototype: true }),
          phase: fc.constantFrom("expand", "migrate", "contract"),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(anything, async (given) => {
          const fresh = new ProviderCaller();
          await fresh.configure({ ledger: UNKNOWN, environment: UNKNOWN });
          const { state, diagnostics } = await fresh.planCreation(stepConfig(given));
          expect(diagnostics).toEqual([]);
          expect(state).toMatchObject(given);
        }),
        { numRuns: 50 },
      );
    });

    it.each(["id", "system", "program", "title", "release", "after", "variables", "timeout", "irreversible", "proof"])(
      "a creation whose %s is not known yet",
      async (name) => {
        // WHEN
        const { state, diagnostics } = await provider.planCreation(stepConfig({ [name]: UNKNOWN }));

        // THEN
        expect(diagnostics).toEqual([]);
        expect(state![name]).toBe(UNKNOWN);
      },
    );

    it("a change of an applied step with what was applied kept", async () => {
      // WHEN
      const { state, diagnostics, ...rest } = await provider.planChange(applied({ artifact: "{}" }), stepConfig());

      // THEN
      expect(diagnostics).toEqual([]);
      expect(state).toMatchObject({ status: "applied", applied_at: "2026-01-01T00:00:00.000Z", artifact: "{}" });
      expect(rest.private).toBe('{"op":"update"}');
    });

    it.each(["id", "system"])("no change of the %s of a step", async (name) => {
      // WHEN
      const [changed, unknown] = await Promise.all(
        ["other", UNKNOWN].map((value) => provider.planChange(applied(), stepConfig({ [name]: value }))),
      );

      // THEN
      expect(errors(changed!)[0]).toContain(`[AppliedStepRenamed]: the ${name} of step "s1" changed`);
      expect(errors(changed!)[0]).toContain('to "other"');
      expect(errors(unknown!)[0]).toContain("to a value that is not known before the apply");
    });

    it("changed variables of an applied step as nothing to run, with a warning that names them and not their values", async () => {
      // GIVEN
      const prior = applied({ variables: { DIRECTORY: "/old", KEPT: "same", GONE: "x" } });

      // WHEN
      const planned = await provider.planChange(
        prior,
        stepConfig({ variables: { DIRECTORY: "/new", KEPT: "same", ADDED: "y" } }),
      );

      // THEN
      expect(planned.state).toMatchObject({ status: "applied", applied_at: "2026-01-01T00:00:00.000Z" });
      expect(planned.diagnostics).toEqual([
        expect.objectContaining({
          summary: "Variables of applied steps changed",
          detail: expect.stringContaining("s1: ADDED, DIRECTORY, GONE."),
        }),
      ]);
      expect(JSON.stringify(planned.diagnostics)).not.toContain("/new");
    });

    it("the move of a step to another database as a run there, with a warning", async () => {
      // GIVEN
      const program = JSON.stringify({
        kind: "sql",
        database: { variable: "DATABASE" },
        up: "select 1",
        verify: [{ query: "select 1", expected: "1" }],
      });
      const prior = applied({ program, variables: { DATABASE: "postgresql://old/shop" } });

      // WHEN
      const moved = await provider.planChange(
        prior,
        stepConfig({ program, variables: { DATABASE: "postgresql://new/shop" } }),
      );
      const kept = await provider.planChange(
        prior,
        stepConfig({ program, variables: { DATABASE: "postgresql://old/shop", OTHER: "x" } }),
      );

      // THEN
      expect(moved.state).toMatchObject({ status: "applied", applied_at: UNKNOWN });
      expect(moved.diagnostics.map(({ summary }) => summary)).toEqual(['Step "s1" moves to another database']);
      expect(kept.state).toMatchObject({ applied_at: "2026-01-01T00:00:00.000Z" });
      expect(kept.diagnostics.map(({ summary }) => summary)).toEqual(["Variables of applied steps changed"]);
    });

    it("no retry of a failed step that the environment before has not proved", async () => {
      // GIVEN a step that failed, and then got another program: it would be tried again unproved
      const proof = JSON.stringify({
        environment: "testing",
        ledger: { kind: "file", directory: join(directory, "t") },
      });

      // WHEN
      const reply = await provider.planChange(applied({ status: "failed" }), stepConfig({ proof }));

      // THEN
      expect(errors(reply)[0]).toContain("[StepNotProved]");
    });

    it("the removal of a failed step that left nothing, even an irreversible one", async () => {
      // WHEN the ledger has no row of it
      const removal = await provider.planRemoval(applied({ status: "failed", irreversible: "drops data" }));
      const refused = await provider.planRemoval(applied({ irreversible: "drops data" }));

      // THEN
      expect(removal.diagnostics).toEqual([]);
      expect(errors(refused)[0]).toContain("[StepIrreversible]");
    });

    it("a removal while the provider's configuration is not known yet", async () => {
      // GIVEN
      await provider.configure({ ledger: UNKNOWN, environment: UNKNOWN });

      // WHEN
      const { diagnostics, state } = await provider.planRemoval(applied());

      // THEN
      expect(state).toBeNull();
      expect(diagnostics.map(({ summary }) => summary)).toEqual(["Steps will be rolled back"]);
    });
  });

  describe("answers bad input with a diagnostic, never with a stack trace", () => {
    const expectPlain = (found: string[], code: string): void => {
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(code);
      expect(found[0]).not.toMatch(/\n\s+at .+:\d+|This is a defect/);
    };

    it.each([
      ["no JSON", "{", "is not JSON"],
      ["null", "null", "expected object"],
      ["a list", "[]", "expected object"],
      ["a kind of tomorrow", '{"kind":"redis"}', 'kind "redis", which this version of Sterna does not know'],
      ["a field of tomorrow", '{"kind":"http","url":"x","verify":[],"later":1}', "later"],
      ["a wrong field", '{"kind":"http","url":1,"verify":[]}', "url"],
    ])("a program that is %s", async (_what, program, message) => {
      // WHEN
      const config = stepConfig({ program });
      const replies = [
        await provider.call("ValidateResourceConfig", { config }),
        await provider.planCreation(config),
        await provider.planRemoval(applied({ program })),
        await provider.call("ReadResource", { currentState: applied({ program }) }),
      ];

      // THEN
      for (const reply of replies) {
        expectPlain(errors(reply), "[InvalidProgram]");
        expect(errors(reply)[0]).toContain(message);
      }
    });

    it.each([
      ["id", "No Spaces"],
      ["phase", "later"],
      ["on_retry", "pause"],
      ["on_destroy", "explode"],
      ["timeout", -1],
      ["system", ""],
    ])("an invalid %s, at the argument", async (name, wrong) => {
      // WHEN
      const reply = await provider.call("ValidateResourceConfig", { config: stepConfig({ [name]: wrong }) });

      // THEN
      expectPlain(errors(reply), `has an invalid ${name} [InvalidStep]: got ${JSON.stringify(wrong)}`);
      expect(reply.diagnostics[0]!.attribute).toEqual({ steps: [{ attributeName: name }] });
    });

    it.each(["no JSON", "{}", '{"environment":"staging","ledger":{"kind":"paper"}}'])("the proof %s", async (proof) => {
      expectPlain(errors(await provider.planCreation(stepConfig({ proof }))), "[ProofNotConfigured]");
    });

    it.each(["{", "null", '{"kind":"paper"}', '{"kind":"file"}'])("the ledger %s", async (ledger) => {
      // GIVEN
      await provider.configure({ ledger, environment: "staging" });

      // THEN
      expectPlain(errors(await provider.planCreation(stepConfig())), "[LedgerNotConfigured]");
      expectPlain(errors(await provider.call("ReadResource", { currentState: applied() })), "[LedgerNotConfigured]");
      expectPlain(
        errors(await provider.call("ReadDataSource", { config: { system: "shop", expected: null } })),
        "[LedgerNotConfigured]",
      );
    });

    it.each(["{", "null", '{"id":"s1"}', '{"id":"s1","status":"paused"}'])("the ledger row %s", async (row) => {
      // GIVEN
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "s1.json"), row);

      // THEN
      const replies = [
        await provider.planCreation(stepConfig()),
        await provider.call("ReadResource", { currentState: applied() }),
        await provider.call("ReadDataSource", { config: { system: "shop", expected: null } }),
        await provider.call("ImportResourceState", { typeName: "sterna_step", id: "shop/s1" }),
      ];
      replies.forEach((reply) => expectPlain(errors(reply), "[LedgerRowUnreadable]"));
    });

    it.each(["", "s1", "shop/", "/s1", "shop/s1/more", "shop/../../etc/passwd"])("the import id %p", async (id) => {
      expectPlain(errors(await provider.call("ImportResourceState", { typeName: "sterna_step", id })), "[StepUnknown]");
    });

    it("a secret that is not set", async () => {
      // GIVEN
      const program = {
        kind: "sql",
        database: { env: "NOT_SET_ANYWHERE" },
        up: "x",
        verify: [{ query: "x", expected: "" }],
      };

      // WHEN
      const reply = await provider.planCreation(stepConfig({ program: JSON.stringify(program) }));

      // THEN
      expectPlain(errors(reply), "[VariableMissing]");
    });

    it("whatever bytes come with a removal: the step stays in the state", async () => {
      // WHEN
      const reply = await provider.call("ApplyResourceChange", {
        priorState: applied(),
        plannedState: null,
        plannedPrivate: Buffer.from("{not json"),
      });

      // THEN
      expect(errors(reply)).toHaveLength(1);
      expect(reply.state).toMatchObject({ id: "s1", status: "applied" });
    });
  });

  describe("reads states of other versions", () => {
    const upgrade = (raw: object) =>
      provider.call("UpgradeResourceState", {
        typeName: "sterna_step",
        rawState: { json: Buffer.from(JSON.stringify(raw)) },
      });

    it("without the attributes that it does not know", async () => {
      // WHEN
      const { state, diagnostics } = await upgrade({ ...applied(), of_tomorrow: { deep: [1] } });

      // THEN
      expect(diagnostics).toEqual([]);
      expect(state).toEqual(applied());
    });

    it("with null for those that are missing, and the step can still be rolled back", async () => {
      // GIVEN
      const { id, system, release, program, status } = applied();

      // WHEN
      const { state } = await upgrade({ id, system, release, program, status });
      const removal = await provider.planRemoval(state!);

      // THEN
      expect(state).toMatchObject({ on_retry: null, on_destroy: null, variables: null });
      expect(removal.diagnostics.map(({ summary }) => summary)).toEqual(["Steps will be rolled back"]);
    });
  });

  it("replaces by dropping the old object, without a rollback", async () => {
    // WHEN
    const { state, diagnostics } = await provider.call("ApplyResourceChange", {
      priorState: applied({ status: "failed" }),
      plannedState: null,
      plannedPrivate: Buffer.from('{"op":"create"}'),
    });

    // THEN
    expect(state).toBeNull();
    expect(diagnostics).toEqual([]);
  });
});
