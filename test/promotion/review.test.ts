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
    { id: "one", undone: false, checksum: "1" },
    { id: "old", undone: true, checksum: "2" },
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
      "aws_s3_bucket.rogue: create is planned, and nobody reviewed it",
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
    ["another program", { steps: [{ id: "one", undone: false, checksum: "9" }] }, "step one has another program"],
    [
      "a step that is undone instead",
      { steps: [{ id: "one", undone: true, checksum: "1" }] },
      "step one would be rolled back, which nobody reviewed",
    ],
    [
      "another step",
      { steps: [{ id: "two", undone: false, checksum: "1" }] },
      "step two would be run, which nobody reviewed",
    ],
  ])("differ by %s", (_name, patch, found) => {
    expect(unreviewed(REVIEW, change(patch))).toEqual([found]);
  });
});
