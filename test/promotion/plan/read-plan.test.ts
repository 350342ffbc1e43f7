import { describe, expect, it } from "@jest/globals";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { recordedChanges } from "../../../lib/promotion/records/apply-record";
import { JsonSlicer } from "../../../lib/promotion/plan/json-slicer";
import { PlanReader, readPlanFile } from "../../../lib/promotion/plan/read-plan";
import type { AttributeChange } from "../../../lib/promotion/promotion-report";
import { repositoryRoot } from "../../support/repository";
import { plan, read, resource } from "./plan";

const FIXTURES = join(repositoryRoot, "test/fixtures/plans");
const fixture = (name: string) => readPlanFile(join(FIXTURES, `${name}.json`));

function lines(changes: readonly AttributeChange[]): string[] {
  const text = (value: AttributeChange["before"]) =>
    value.kind === "known" ? JSON.stringify(value.value) : value.kind;
  return changes.map(
    ({ path, before, after, forcesReplacement }) =>
      `${path}: ${text(before)} -> ${text(after)}${forcesReplacement ? " (replaces)" : ""}`,
  );
}

describe("plans that Terraform's documentation describes", () => {
  it("tells what a new resource gets, and what is known only later", () => {
    const [bucket] = fixture("create").resources;

    expect(bucket).toMatchObject({ address: "aws_s3_bucket.logs", action: "create", stateful: true });
    expect(lines(bucket!.attributes)).toEqual([
      'bucket: absent -> "logs"',
      "force_destroy: absent -> false",
      'tags.Name: absent -> "logs"',
      'tags["aws:cost"]: absent -> "1"',
      "arn: absent -> unknown",
      "id: absent -> unknown",
    ]);
  });

  it("tells only what changes of an update, inside of lists too", () => {
    expect(lines(fixture("update").resources[0]!.attributes)).toEqual([
      "ingress[0].port: 80 -> 443",
      'ingress[0].cidr[1]: absent -> "10.1.0.0/16"',
    ]);
  });

  it.each([
    ["delete", { action: "delete", stateful: true, actionReason: "delete_because_no_resource_config" }],
    ["replace-delete-first", { action: "replace", createBeforeDestroy: false, stateful: true }],
    ["replace-create-first", { action: "replace", createBeforeDestroy: true, stateful: false }],
    ["read", { action: "read", stateful: false }],
    ["forget", { action: "forget" }],
    ["replace-and-forget", { action: "create and forget" }],
    ["moved", { action: "no-op", movedFrom: "aws_s3_bucket.logs", stateful: true }],
  ])("knows %s", (name, expected) => {
    const { resources } = fixture(name);

    expect(resources).toHaveLength(1);
    expect(resources[0]).toMatchObject(expected);
  });

  it("says which attribute forces a replacement", () => {
    expect(lines(fixture("replace-delete-first").resources[0]!.attributes)).toEqual([
      'identifier: "main" -> "main-2" (replaces)',
      'id: "db-1" -> unknown',
    ]);
    expect(lines(fixture("replace-create-first").resources[0]!.attributes)).toEqual([
      "block[0].size: 1 -> 2 (replaces)",
    ]);
  });

  it("tells imports, also of what nobody knows the id of", () => {
    expect(fixture("import").resources.map(({ action, importId }) => [action, importId])).toEqual([
      ["no-op", "found"],
      ["update", "adopted"],
      ["create", ""],
    ]);
  });

  it("masks what is sensitive before or after, and finds what is unknown inside of lists", () => {
    const { resources } = fixture("nested-unknown-and-sensitive");

    expect(lines(resources[0]!.attributes)).toEqual(
      expect.arrayContaining([
        "containers[0].env[0].value: absent -> sensitive",
        'containers[0].env[1].value: absent -> "fast"',
        "containers[0].image: absent -> unknown",
        "containers[1].image: absent -> unknown",
        "volumes[0].id: absent -> unknown",
        "arn: absent -> unknown",
      ]),
    );
    // It only becomes sensitive: its value, which stays, must not be shown as what it was before.
    expect(lines(resources[1]!.attributes)).toEqual([]);
    expect(JSON.stringify(readdirSync(FIXTURES).map((name) => readPlanFile(join(FIXTURES, name))))).not.toMatch(
      /canary|hunter2/,
    );
  });

  it("tells deferred changes, leftovers, outputs, and the drift that matters", () => {
    const deferred = fixture("deferred-and-deposed");
    expect(deferred.deferred).toEqual([
      { address: "aws_instance.pool", type: "aws_instance", action: "create", reason: "instance_count_unknown" },
    ]);
    expect(deferred.resources[0]).toMatchObject({ action: "delete", deposed: "ab12cd34" });

    const { drift, outputs } = fixture("drift-and-outputs");
    expect(drift.map(({ address }) => address)).toEqual(["aws_instance.web", "aws_instance.gone"]);
    expect(Object.fromEntries(outputs.map(({ name, attributes }) => [name, lines(attributes)]))).toEqual({
      url: [': "http://a" -> "https://a"'],
      token: [": absent -> sensitive"],
      ids: ['[0]: absent -> "a"', "[1].b: absent -> 1"],
      later: [": absent -> unknown"],
    });
  });
});

describe("what a plan holds besides resources", () => {
  it("are actions that are invoked, each by its trigger, with masked values", () => {
    const { resources, deferred, checks } = fixture("actions-and-checks");

    expect(resources.map(({ address, action }) => [address, action])).toEqual([
      ["aws_lambda_function.web", "create"],
      ["action.aws_lambda_invoke.warm (after create of aws_lambda_function.web)", "invoke"],
      ["action.aws_lambda_invoke.warm (after create of aws_lambda_function.web, 1.2)", "invoke"],
      ["action.aws_sns_publish.tell (asked for)", "invoke"],
    ]);
    expect(lines(resources[1]!.attributes)).toEqual([
      'payload: absent -> "{\\"warm\\":true}"',
      "token: absent -> sensitive",
      "function_name: absent -> unknown",
    ]);
    expect(deferred).toEqual([
      {
        address: 'action.aws_ec2_stop_instance.pool["a"] (before update of aws_instance.pool["a"])',
        type: "aws_ec2_stop_instance",
        action: "invoke",
        reason: "deferred_prereq",
      },
    ]);
    expect(checks).toEqual([
      { address: "check.certificate", status: "fail", problems: ["the certificate ends in 3 days"] },
      { address: "aws_lb.web", status: "unknown", problems: [] },
    ]);
  });

  it("are proven like any other change: an action with other values is another action", () => {
    const call = (payload: string) => ({
      action_invocations: [{ address: "action.x_run.it", type: "x_run", config_values: { payload } }],
    });
    const everything = { fingerprints: () => true };
    const name = "action.x_run.it (asked for)";
    const fingerprint = (payload: string) => plan([], call(payload), everything).planned.get(name)!.fingerprint();

    expect(fingerprint("a")).toEqual(fingerprint("a"));
    expect(fingerprint("a")).not.toEqual(fingerprint("b"));
    expect(recordedChanges(plan([], call("a"), everything))).toMatchObject([{ name, action: "invoke" }]);
  });
});

describe("reading a plan", () => {
  it("finds every change exactly once, wherever the bytes are cut", () => {
    const action = fc.constantFrom(
      ["create"],
      ["update"],
      ["delete"],
      ["delete", "create"],
      ["no-op"],
      ["forget"],
      ["read"],
    );
    const changes = fc.array(fc.tuple(action, fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(changes, fc.jsonValue(), fc.integer({ min: 1, max: 64 }), (made, other, size) => {
        const all = made.map(([actions, before, after], index) => resource(`x.r${index}`, actions, { before, after }));
        const json = { format_version: "1.2", planned_values: other, resource_changes: all, configuration: { other } };
        const bytes = Buffer.from(JSON.stringify(json, undefined, size % 3));
        const reader = new PlanReader();
        for (let at = 0; at < bytes.length; at += size) reader.write(Buffer.from(bytes.subarray(at, at + size)));

        const found = reader.end().resources.map(({ address }) => address);

        const expected = all.filter(({ change }) => change.actions[0] !== "no-op").map(({ address }) => address);
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("is not misled by values that look like the next change, wherever the bytes are cut", () => {
    const likeNext = fc.constantFrom<unknown>(
      [{ address: "x.inner0" }, { address: "x.inner1" }],
      '},{"address":"x.quoted","mode":"managed"',
      { rows: [[{ address: "x.deep" }, { address: "x.deeper", change: { actions: ["delete"] } }]] },
      { resource_changes: [{ address: "x.nested" }, { address: "x.other" }] },
      "\\",
      "}",
    );
    fc.assert(
      fc.property(
        fc.array(likeNext, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 400 }),
        (made, size) => {
          const changes = made.map((after, index) => resource(`x.r${index}`, ["create"], { after: { after } }));
          const bytes = Buffer.from(
            JSON.stringify({ format_version: "1.2", planned_values: made, resource_changes: changes, unread: made }),
          );
          const reader = new PlanReader();
          for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));

          const { resources } = reader.end();

          expect(resources.map(({ address }) => address)).toEqual(changes.map(({ address }) => address));
          const whole = plan(changes).resources;
          expect(resources.map(({ attributes }) => attributes)).toEqual(whole.map(({ attributes }) => attributes));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("gives the bytes of every value, as JSON.parse would", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer({ min: 1, max: 40 }), (document, size) => {
        const found: [string, unknown][] = [];
        const take = (json: Buffer, name: string) => void found.push([name, JSON.parse(json.toString())]);
        const slicer = new JsonSlicer({ each: { take } });
        const bytes = Buffer.from(JSON.stringify(document));
        for (let at = 0; at < bytes.length; at += size) slicer.write(Buffer.from(bytes.subarray(at, at + size)));
        slicer.end();

        expect(found).toEqual(Object.entries(JSON.parse(bytes.toString()) as object));
      }),
      { numRuns: 200 },
    );
  });

  it.each(["", '{"format_version":"1.2"', '{"format_version":"1.2","resource_changes":[{"address":"a'])(
    "refuses %j, which ends in the middle",
    (text) => {
      const reader = new PlanReader();
      reader.write(Buffer.from(text));

      expect(() => reader.end()).toThrow(/ends in the middle/);
    },
  );

  it("refuses changes that are none", () => {
    expect(() => read({ format_version: "1.2", resource_changes: [{ address: 1 }] })).toThrow(/address/);
    expect(() => plan([], { format_version: "3.0" })).toThrow(/format version 1/);
  });
});
