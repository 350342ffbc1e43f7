import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { planReview, unreviewed, type PlanReview } from "../../lib/promotion/review";

const REVIEW: PlanReview = planReview.parse({
  version: 1,
  stack: "shop-staging",
  system: "shop",
  environment: "staging",
  release: "1.0.0",
  plannedAt: "2026-01-01T00:00:00.000Z",
  parts: { "cdk.tf.json": "a", "assets/up.sh": "b", sterna: "0.1.0" },
  changes: [
    { name: "aws_s3_bucket.logs", action: "create", fingerprint: { bucket: "x", arn: "unknown", tags: "y" } },
    { name: "aws_sqs_queue.jobs", action: "update", fingerprint: { name: "z raw", policy: "unknown" } },
  ],
  steps: [
    { id: "one", action: "run", checksum: "1" },
    { id: "old", action: "roll-back", checksum: "2" },
  ],
});

const [BUCKET, QUEUE] = REVIEW.changes as [PlanReview["changes"][number], PlanReview["changes"][number]];

const change = (patch: Partial<PlanReview>): PlanReview => ({ ...REVIEW, ...patch });

describe("what was reviewed, and a plan that was made again", () => {
  it("are the same when nothing happened meanwhile", () => {
    expect(unreviewed(REVIEW, change({ plannedAt: "2026-02-01T00:00:00.000Z" }))).toEqual([]);
  });

  it("let a plan through that has any part of what was reviewed, as after an apply that failed half-way", () => {
    fc.assert(
      fc.property(fc.subarray(REVIEW.changes), fc.subarray(REVIEW.steps), (changes, steps) => {
        expect(unreviewed(REVIEW, change({ changes, steps }))).toEqual([]);
      }),
    );
  });

  it("let a value through that nobody could know at the review, and everything inside of it", () => {
    const settled = { ...BUCKET, fingerprint: { bucket: "x", arn: "now known", tags: "y" } };
    const inside = { ...QUEUE, fingerprint: { name: "z raw", 'policy["Statement"][0]': "known" } };

    expect(unreviewed(REVIEW, change({ changes: [settled, inside] }))).toEqual([]);
  });

  it.each<[string, Partial<PlanReview>, string]>([
    ["another script", { parts: { ...REVIEW.parts, "assets/up.sh": "c" } }, "assets/up.sh changed since"],
    ["a script that came", { parts: { ...REVIEW.parts, "assets/new.sh": "c" } }, "assets/new.sh changed since"],
    ["another version of Sterna", { parts: { ...REVIEW.parts, sterna: "0.2.0" } }, "sterna changed since"],
    ["another release", { release: "1.1.0" }, "release 1.0.0 was reviewed, not 1.1.0"],
    ["another environment", { environment: "production" }, "it is of shop in staging"],
    ["another system", { system: "cart" }, "it is of shop in staging"],
    [
      "another resource",
      { changes: [{ ...BUCKET, name: "aws_s3_bucket.rogue" }] },
      "aws_s3_bucket.rogue: create is planned but was not reviewed",
    ],
    [
      "another action",
      { changes: [{ ...QUEUE, action: "replace" }] },
      "aws_sqs_queue.jobs: replace is planned, update was reviewed",
    ],
    [
      "another value",
      { changes: [{ ...BUCKET, fingerprint: { ...BUCKET.fingerprint, tags: "n", bucket: "m" } }] },
      "aws_s3_bucket.logs: bucket, tags would be another value",
    ],
    [
      "a value that came",
      { changes: [{ ...BUCKET, fingerprint: { ...BUCKET.fingerprint, acl: "n" } }] },
      "aws_s3_bucket.logs: acl would be another value",
    ],
    [
      "a value that was known and is not any more",
      { changes: [{ ...BUCKET, fingerprint: { ...BUCKET.fingerprint, tags: "unknown" } }] },
      "aws_s3_bucket.logs: tags would be another value",
    ],
    [
      "a value that the environment declares to be its own",
      { changes: [{ ...QUEUE, fingerprint: { ...QUEUE.fingerprint, name: "other raw" } }] },
      "aws_sqs_queue.jobs: name would be another value",
    ],
    ["another program", { steps: [{ id: "one", action: "run", checksum: "9" }] }, "step one has another program"],
    [
      "a program that was known and is not any more",
      { steps: [{ id: "one", action: "run" }] },
      "step one has another program",
    ],
    [
      "a step that is undone instead",
      { steps: [{ id: "one", action: "roll-back", checksum: "1" }] },
      "step one: roll-back is planned, run was reviewed",
    ],
    [
      "another step",
      { steps: [{ id: "two", action: "run", checksum: "1" }] },
      "step two: run is planned but was not reviewed",
    ],
  ])("differ by %s", (_name, patch, found) => {
    expect(unreviewed(REVIEW, change(patch))).toEqual([found]);
  });

  const step = (action: string, checksum?: string) =>
    change({ steps: [{ id: "one", action, ...(checksum === undefined ? {} : { checksum }) }] });

  it.each([
    ["run", "retry"],
    ["run", "adopt"],
    ["retry", "run"],
    ["adopt", "describe"],
  ])("let a step through whose %s became %s, which does no more", (reviewed, now) => {
    expect(unreviewed(step(reviewed, "1"), step(now, "1"))).toEqual([]);
  });

  it.each([
    ["adopt", "run"],
    ["describe", "run"],
    ["describe", "retry"],
    ["forget", "roll-back"],
    ["roll-back", "forget"],
    ["run", "an action of a later version"],
  ])("differ where a step whose %s was reviewed meets with %s", (reviewed, now) => {
    expect(unreviewed(step(reviewed, "1"), step(now, "1"))).toEqual([
      `step one: ${now} is planned, ${reviewed} was reviewed`,
    ]);
  });

  it("know a step that leaves under one address and comes under another", () => {
    const both = change({ steps: [...step("run", "1").steps, ...step("forget", "1").steps] });

    expect(unreviewed(both, both)).toEqual([]);
  });

  it("let a program through that held a value of a resource, which is there since an apply that failed half-way", () => {
    expect(unreviewed(step("run"), step("run", "1"))).toEqual([]);
  });
});
