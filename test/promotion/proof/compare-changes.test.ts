import { describe, expect, it } from "@jest/globals";
import { recordedChanges, type ApplyRecord, type RecordedStep } from "../../../lib/promotion/records/apply-record";
import { summarizePlan } from "../../../lib/promotion/plan/plan-summary";
import { compareChanges } from "../../../lib/promotion/proof/compare-changes";
import { DeclaredDifferences, type FreeAttribute } from "../../../lib/promotion/plan/fingerprint";
import { ProvingHistory } from "../../../lib/promotion/proof/proving-history";
import { stepAttributes } from "../../../lib/promotion/plan/step-change";
import { plan, resource, step } from "../plan/plan";

const KNOWLEDGE = { isEffectless: () => false, adopted: new Set<string>() };
const everything = () => true;
const STAGING = new DeclaredDifferences({ ENVIRONMENT: "staging", COUNT: "2", ACCOUNT: "111111111111" });
const PRODUCTION = new DeclaredDifferences({ ENVIRONMENT: "production", COUNT: "6", ACCOUNT: "222222222222" });

const create = (address: string, after: object, rest: object = {}) => resource(address, ["create"], { after, ...rest });

/** The record of an apply in staging. */
function applied(changes: readonly object[], release = "1.0.0", steps: RecordedStep[] = []): ApplyRecord {
  const read = plan(changes, {}, { differences: STAGING, fingerprints: everything });
  return { release, result: "applied", changes: recordedChanges(read), steps } as unknown as ApplyRecord;
}

/** What staging's records say about a plan of production. */
function classes(
  records: readonly ApplyRecord[],
  changes: readonly object[],
  { from, free = [] }: { from?: string; free?: FreeAttribute[] } = {},
): Record<string, string> {
  const read = plan(changes, {}, { differences: PRODUCTION, fingerprints: everything });
  const { steps } = summarizePlan(read, KNOWLEDGE);
  const history = new ProvingHistory(records, { from, to: "1.0.0" });
  const verdicts = compareChanges({ from: "staging", history, plan: read, steps, free });
  const described = (proof: { class: string; attributes: readonly string[] }) =>
    [proof.class, ...proof.attributes].join(" ");
  return Object.fromEntries([
    ...[...verdicts.resources, ...verdicts.steps].map(([name, proof]) => [name, described(proof)]),
    ...verdicts.missing.map(({ name, proof }) => [name, described(proof)]),
  ]);
}

/** Why the changes of a plan are what they are called. */
function reasonsOf(record: ApplyRecord, changes: readonly object[]): Record<string, string> {
  const read = plan(changes, {}, { differences: PRODUCTION, fingerprints: everything });
  const history = new ProvingHistory([record], { to: "1.0.0" });
  const { resources } = compareChanges({ from: "staging", history, plan: read, steps: [], free: [] });
  return Object.fromEntries([...resources].map(([name, { reason }]) => [name, reason]));
}

describe("the proven-diff", () => {
  it("remembers 20,000 applies of one resource", () => {
    const records = Array.from({ length: 20_000 }, (_, index) => ({
      ...{ release: "1.0.0", result: "applied", steps: [] },
      changes: [{ name: "x.busy", action: "update", fingerprint: { [`p${index % 5}`]: `h${index}` } }],
    })) as unknown as ApplyRecord[];

    const busy = new ProvingHistory(records, { to: "1.0.0" }).resources.get("x.busy")!;

    expect(busy.isComputed("p9")).toBe(false);
    expect(busy.promotedActions()).toHaveLength(20_000);
    expect([...busy.promotedPaths()].sort()).toEqual(["p0", "p1", "p2", "p3", "p4"]);
  });

  it("calls each change by its class, and names the attributes that differ", () => {
    const staging = applied([
      create("x.same", { name: "shop-staging-logs", owner: "111111111111", count: 2, port: 443 }),
      create("x.other", { port: 443, tags: { a: "1" } }),
      create("x.gap", { port: 1 }),
    ]);

    expect(
      classes(
        [staging],
        [
          create("x.same", { name: "shop-production-logs", owner: "222222222222", count: 6, port: 443 }),
          create("x.other", { port: 80, tags: { b: "1" } }),
          create("x.rogue", {}),
        ],
      ),
    ).toEqual({
      "x.same": "PROVEN",
      "x.other": "DIFFERS port tags.b tags.a",
      "x.rogue": "ONLY-HERE",
      "x.gap": "MISSING",
    });
  });

  it("takes out whole words only, and a value that is no declared difference although it looks like one", () => {
    const staging = applied([create("x.a", { name: "upstaging" }), create("x.b", { retries: 2 })]);

    expect(classes([staging], [create("x.a", { name: "upproduction" }), create("x.b", { retries: 2 })])).toEqual({
      "x.a": "DIFFERS name",
      "x.b": "PROVEN",
    });
  });

  it("takes values for proven that both environments learn only from the apply, and no others", () => {
    const unknown = { after_unknown: { arn: true } };
    const staging = applied([create("x.a", { n: 1 }, unknown), create("x.b", { n: 1, arn: "known" })]);

    expect(classes([staging], [create("x.a", { n: 1 }, unknown), create("x.b", { n: 1 }, unknown)])).toEqual({
      "x.a": "PROVEN",
      "x.b": "DIFFERS arn",
    });
  });

  it("says why it calls what is known in one environment only a difference, and what to write", () => {
    // GIVEN
    const later = (...paths: string[]) => ({ after_unknown: Object.fromEntries(paths.map((path) => [path, true])) });
    const staging = applied([
      create("x.here", { n: 1, arn: "known" }),
      create("x.there", { n: 1 }, later("arn")),
      create("x.both", { n: 1, arn: "known" }, later("list")),
    ]);

    // WHEN
    const reasons = reasonsOf(staging, [
      create("x.here", { n: 1 }, later("arn")),
      create("x.there", { n: 1, arn: "known" }),
      create("x.both", { n: 2, list: [{ a: 1 }] }, later("arn")),
    ]);

    // THEN
    const write = (resource: string, attribute: string) =>
      `where that is meant, write { "resource": "${resource}", "attribute": "${attribute}", "reason": "…" } ` +
      'into "differences" of environments.json, or waive the change';
    expect(reasons).toEqual({
      "x.here": `known in staging, and here only after the apply: arn; ${write("x.here", "arn")}`,
      "x.there": `known only after the apply in staging, and known here: arn; ${write("x.there", "arn")}`,
      "x.both":
        "staging applied it with another result: n; known in staging, and here only after the apply: arn; " +
        `known only after the apply in staging, and known here: list[0].a; ${write("x.both", "arn")}`,
    });
  });

  it("lets attributes differ that are declared as free, and what is inside of them", () => {
    const free = [{ resource: "x", attribute: "size" }];
    const staging = applied([create("x.a", { size: { cpu: 1 }, sized: 1 })]);

    expect(classes([staging], [create("x.a", { size: { cpu: 9 }, sized: 1 })], { free })).toEqual({ "x.a": "PROVEN" });
    expect(classes([staging], [create("x.a", { size: { cpu: 9 }, sized: 2 })], { free })).toEqual({
      "x.a": "DIFFERS sized",
    });
  });

  it("wants the same destruction proved, not another action", () => {
    const update = resource("x.a", ["update"], { before: { n: 1 }, after: { n: 2 } });
    const replace = resource("x.a", ["delete", "create"], { before: { n: 1 }, after: { n: 2 } });
    const remove = resource("x.a", ["delete"], { before: { n: 1 }, after: null });
    const forget = resource("x.a", ["forget"], { before: { n: 1 }, after: null });

    expect(classes([applied([update])], [replace])).toEqual({ "x.a": "DIFFERS" });
    expect(classes([applied([replace])], [replace])).toEqual({ "x.a": "PROVEN" });
    expect(classes([applied([replace])], [update])).toEqual({ "x.a": "PROVEN" });
    expect(classes([applied([update])], [remove])).toEqual({ "x.a": "DIFFERS" });
    expect(classes([applied([remove])], [remove])).toEqual({ "x.a": "PROVEN" });
    expect(classes([applied([forget])], [remove])).toEqual({ "x.a": "DIFFERS" });
  });

  it("adds up several applies, and passes over releases newer than the one that is promoted", () => {
    const records = [
      applied([create("x.a", { n: 1, m: 1 })], "0.9.0"),
      applied([resource("x.a", ["update"], { before: { n: 1, m: 1 }, after: { n: 2, m: 1 } })], "1.0.0"),
      applied([resource("x.a", ["update"], { before: { n: 2, m: 1 }, after: { n: 3, m: 1 } })], "1.1.0"),
    ];

    expect(classes(records, [create("x.a", { n: 2, m: 1 })])).toEqual({ "x.a": "PROVEN" });
    expect(classes(records, [create("x.a", { n: 3, m: 1 })])).toEqual({ "x.a": "DIFFERS n" });
  });

  it("misses what a promoted release changed there and this plan leaves as it is", () => {
    const same = (after: object) => resource("x.a", ["no-op"], { before: after, after });
    const records = [
      applied([create("x.a", { n: 1, own: 1 })], "0.9.0"),
      applied([resource("x.a", ["update"], { before: { n: 1, own: 1 }, after: { n: 5, own: 1 } })], "1.0.0"),
    ];

    expect(classes(records, [same({ n: 1, own: 7 })], { from: "0.9.0" })).toEqual({ "x.a": "MISSING n" });
    expect(classes(records, [same({ n: 5, own: 7 })], { from: "0.9.0" })).toEqual({});
  });

  it("proves steps by their checksums", () => {
    const done = (id: string, checksum: string): RecordedStep => ({
      ...{ id, checksum, release: "1.0.0", attributes: stepAttributes({ release: "1.0.0" }) },
      ...{ action: "run", status: "done" },
    });
    const records = [
      applied([], "1.0.0", [
        done("one", "a"),
        done("two", "b"),
        done("four", "d"),
        { ...done("five", "e"), status: "failed" },
      ]),
    ];
    const run = (id: string, checksum: string) => step(id, ["create"], { checksum });

    expect(classes(records, [run("one", "a"), run("two", "B"), run("three", "c"), run("five", "e")])).toEqual({
      one: "PROVEN",
      two: "DIFFERS program",
      three: "ONLY-HERE",
      five: "ONLY-HERE",
      four: "MISSING",
    });
  });

  it("writes down no value, and of sensitive ones not even a digest", () => {
    const record = applied([
      create("x.a", { name: "canary-name", password: "canary-password" }, { after_sensitive: { password: true } }),
    ]);

    expect(JSON.stringify(record)).not.toContain("canary");
    expect(record.changes[0]!.fingerprint["password"]).toBe("sensitive");
  });
});
