import { describe, expect, it } from "@jest/globals";
import { parseEvent, PlanEvents } from "../../lib/toolkit/terraform/diagnostics";

const VERSION = { type: "version", terraform: "1.11.4" };
const REFRESH = { type: "refresh_complete", hook: { resource: { addr: "aws_s3_bucket.a" } } };
const READ = { type: "apply_complete", hook: { resource: { addr: "data.aws_region.a" }, action: "read" } };
const SUMMARY = { type: "change_summary", changes: { add: 0, import: 0, change: 0, remove: 0, operation: "plan" } };
const outputs = (action: string) => ({ type: "outputs", outputs: { a: { sensitive: false, action } } });

describe("the events of a plan", () => {
  const changesNothing = (lines: readonly object[], hasOutputs = false) => {
    const events = new PlanEvents();
    for (const line of lines) events.take(parseEvent(JSON.stringify(line))!);
    return events.changesNothing(hasOutputs);
  };

  it("say that nothing changes", () => {
    expect(changesNothing([VERSION, REFRESH, READ, SUMMARY])).toBe(true);
    expect(changesNothing([VERSION, SUMMARY, outputs("noop")], true)).toBe(true);
  });

  it.each([
    ["a planned change", { type: "planned_change", change: { action: "move" } }],
    ["a change outside of Terraform", { type: "resource_drift", change: { action: "update" } }],
    ["an output", outputs("update")],
    ["outputs of a Terraform that does not say what happens to them", { type: "outputs", outputs: { a: {} } }],
    ["a warning", { type: "diagnostic", diagnostic: { severity: "warning", summary: "Check block assertion failed" } }],
    ["an import", { type: "change_summary", changes: { ...SUMMARY.changes, import: 1 } }],
    ["a number that is not known yet", { type: "change_summary", changes: { ...SUMMARY.changes, invoke: 1 } }],
    ["an event that is not known yet", { type: "deferred_change" }],
    ["work that is not reading", { type: "apply_start", hook: { resource: { addr: "a" }, action: "create" } }],
  ])("do not say so after %s", (_what, event) => {
    expect(changesNothing([VERSION, event, SUMMARY, outputs("noop")], true)).toBe(false);
  });

  it("do not say so without the numbers, or without the outputs of a stack that has some", () => {
    expect(changesNothing([VERSION, REFRESH])).toBe(false);
    expect(changesNothing([VERSION, SUMMARY], true)).toBe(false);
    expect(changesNothing([VERSION, { ...SUMMARY, changes: { ...SUMMARY.changes, operation: "apply" } }])).toBe(false);
  });
});
