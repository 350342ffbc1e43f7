import { describe, expect, it } from "@jest/globals";
import { summarizePlan } from "../../../lib/promotion/plan/plan-summary";
import type { StepKnowledge } from "../../../lib/promotion/plan/step-change";
import { plan, resource, step } from "./plan";

const NOTHING_KNOWN: StepKnowledge = { isEffectless: () => false, adopted: new Set() };
const names = (steps: readonly { readonly id: string }[]) => steps.map(({ id }) => id);

describe("summary of a plan", () => {
  it("counts resources as Terraform does and leaves steps, reads and untouched resources out", () => {
    // GIVEN
    const changes = [
      resource("aws_s3_bucket.a", ["create"]),
      resource("aws_s3_bucket.b", ["update"]),
      resource("aws_s3_bucket.c", ["delete", "create"]),
      resource("aws_s3_bucket.d", ["delete"]),
      resource("aws_s3_bucket.e", ["no-op"]),
      resource("data.aws_region.f", ["read"]),
      step("one", ["create"]),
    ];

    // WHEN
    const { counts, resources } = summarizePlan(plan(changes), NOTHING_KNOWN);

    // THEN
    expect(counts).toEqual({ add: 2, change: 1, destroy: 2 });
    expect(resources.map(({ address, action }) => `${action} ${address}`)).toEqual([
      "create aws_s3_bucket.a",
      "update aws_s3_bucket.b",
      "replace aws_s3_bucket.c",
      "delete aws_s3_bucket.d",
    ]);
  });

  it("keeps actions that it does not know", () => {
    const { resources, changes } = summarizePlan(plan([resource("x.y", ["teleport"])]), NOTHING_KNOWN);

    expect(resources).toEqual([{ address: "x.y", action: "teleport", imported: false }]);
    expect(changes).toBe(true);
  });

  it("orders steps by their after, whatever the order of the plan", () => {
    const changes = [
      step("three", ["create"], { after: ["two"] }),
      step("one", ["create"]),
      step("two", ["create"], { after: ["one"] }),
    ];

    expect(names(summarizePlan(plan(changes), NOTHING_KNOWN).steps)).toEqual(["one", "two", "three"]);
  });

  it("orders steps by depends_on of the configuration too", () => {
    const configured = [{ address: "sterna_step.a", depends_on: ["sterna_step.b"] }];
    const rest = { configuration: { root_module: { resources: configured } } };

    const { steps } = summarizePlan(plan([step("a", ["create"]), step("b", ["create"])], rest), NOTHING_KNOWN);

    expect(names(steps)).toEqual(["b", "a"]);
  });

  it("rolls back in reverse order, as the state remembers it", () => {
    // GIVEN
    const inState = [{ address: "sterna_step.three", depends_on: ["sterna_step.two"] }];
    const changes = [step("one", ["delete"]), step("two", ["delete"], { after: ["one"] }), step("three", ["delete"])];

    // WHEN
    const { rollbacks } = summarizePlan(
      plan(changes, { prior_state: { values: { root_module: { resources: inState } } } }),
      NOTHING_KNOWN,
    );

    // THEN
    expect(names(rollbacks)).toEqual(["three", "two", "one"]);
    expect(rollbacks.map(({ action }) => action)).toEqual(["roll-back", "roll-back", "roll-back"]);
  });

  it.each([
    ["run", step("s", ["create"]), NOTHING_KNOWN],
    ["adopt", step("s", ["create"]), { ...NOTHING_KNOWN, adopted: new Set(["sterna_step.s"]) }],
    ["retry", step("s", ["delete", "create"], {}, { status: "failed" }), NOTHING_KNOWN],
    ["retry", step("s", ["update"], {}, { status: "failed" }), NOTHING_KNOWN],
    ["describe", step("s", ["update"]), NOTHING_KNOWN],
    ["roll-back", step("s", ["delete"]), NOTHING_KNOWN],
    ["forget", step("s", ["delete"], { on_destroy: "keep" }), NOTHING_KNOWN],
    ["forget", step("s", ["delete"], { program: "{}" }), { ...NOTHING_KNOWN, isEffectless: () => true }],
  ])("calls it %s", (action, change, knowledge) => {
    const { steps, rollbacks } = summarizePlan(plan([change]), knowledge);

    expect([...steps, ...rollbacks].map((each) => each.action)).toEqual([action]);
  });

  it("has changes when only an output changes, and believes Terraform when it says so itself", () => {
    const output = { output_changes: { url: { actions: ["update"], before: "a", after: "b" } } };

    expect(summarizePlan(plan([], output), NOTHING_KNOWN)).toMatchObject({ changes: true, outputs: ["url"] });
    expect(summarizePlan(plan([], { applyable: false }), NOTHING_KNOWN).changes).toBe(false);
    expect(summarizePlan(plan([], { applyable: true }), NOTHING_KNOWN).changes).toBe(true);
  });

  it("shows the drift on which something planned depends, and what is gone", () => {
    const drifted = [
      resource("aws_s3_bucket.a", ["update"], { before: { tags: null }, after: { tags: { by: "hand" } } }),
      resource("aws_s3_bucket.b", ["no-op"]),
      resource("aws_s3_bucket.c", ["delete"]),
      step("s", ["update"]),
    ];
    const drift = (more: object) =>
      summarizePlan(plan([], { resource_drift: drifted, ...more }), NOTHING_KNOWN).drift.map(({ address }) => address);
    const gone = ["aws_s3_bucket.c", "sterna_step.s"];

    expect(drift({ relevant_attributes: [{ resource: "aws_s3_bucket.a", attribute: ["tags"] }] })).toEqual([
      "aws_s3_bucket.a",
      ...gone,
    ]);
    expect(drift({ relevant_attributes: [{ resource: "aws_s3_bucket.a", attribute: ["arn"] }] })).toEqual(gone);
    // Terraform leaves the list out when it is empty: after a first apply, tags of null have become an empty map.
    expect(drift({})).toEqual(gone);
  });

  it("refuses a plan of another format", () => {
    expect(() => plan([], { format_version: "2.0" })).toThrow(/format version 1/);
  });
});
