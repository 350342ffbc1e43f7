import { expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import fc from "fast-check";
import { Duration } from "../../../lib/core/duration";
import type { ErrorCode } from "../../../lib/core/error-codes";
import { Size } from "../../../lib/core/size";
import { SternaError } from "../../../lib/core/errors";
import { TieredBucket } from "../../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/aws/storage/tiered-bucket-props";
import type { TierTransition } from "../../../lib/storage/lifecycle-rule";
import { Tier } from "../../../lib/storage/tier";

const days = (amount: number) => Duration.days(amount);
const ladder = (...rungs: Array<[Tier, number]>): TierTransition[] =>
  rungs.map(([tier, after]) => ({ tier, after: days(after) }));
const rule = (...rungs: Array<[Tier, number]>) => ({
  lifecycleRules: [
    { id: "ladder", transitions: ladder(...rungs), acknowledge: { RetrievalDelayNotAccepted: "for the test" } },
  ],
});
const tiering = (archiveAfter?: Duration, deepArchiveAfter?: Duration) => ({
  intelligentTiering: {
    archiveAfter,
    deepArchiveAfter,
    acknowledge: { RetrievalDelayNotAccepted: "for the test" },
    uploadedBy: "the test",
  },
});

function declare(props: Partial<TieredBucketProps>): TieredBucket {
  return new TieredBucket(new TerraformStack(Testing.app(), "test"), "files", {
    bucketName: "app-ef-files",
    ...props,
  });
}

function refusal(props: Partial<TieredBucketProps>): SternaError | undefined {
  try {
    declare(props);
    return undefined;
  } catch (error) {
    if (error instanceof SternaError) return error;
    throw error;
  }
}

type Case = [code: ErrorCode, what: string, props: Partial<TieredBucketProps>, says: RegExp];

const refused: Case[] = [
  ["InvalidBucketName", "two characters", { bucketName: "ab" }, /3 to 63/],
  ["InvalidBucketName", "64 characters", { bucketName: "a".repeat(64) }, /3 to 63/],
  ["InvalidBucketName", "capital letters", { bucketName: "App-Ef" }, /lowercase/],
  ["InvalidBucketName", "an underscore", { bucketName: "app_ef" }, /lowercase/],
  ["InvalidBucketName", "a hyphen at its end", { bucketName: "app-ef-" }, /begin and end/],
  ["InvalidBucketName", "two dots", { bucketName: "app..ef" }, /two dots/],
  ["InvalidBucketName", "an IP address", { bucketName: "192.168.5.4" }, /IP address/],
  ["InvalidBucketName", "a reserved beginning", { bucketName: "sthree-files" }, /sthree-/],
  ["InvalidBucketName", "a reserved end", { bucketName: "files--ol-s3" }, /--ol-s3/],
  ["InvalidKmsKeyArn", "a key id instead of an ARN", { kmsKeyArn: "1234abcd-12ab" }, /arn:aws:kms/],
  ["DestroyWithoutReason", "an empty reason to destroy", { acknowledge: { DestroyWithoutReason: " " } }, /why/],
  [
    "ForceDestroyNotAllowed",
    "emptying a protected bucket",
    { forceDestroy: true },
    /acknowledge: \{ DestroyWithoutReason: "<reason>" \}/,
  ],
  ["ExpirationTooEarly", "uploads aborted at once", { abortIncompleteUploadsAfter: days(0) }, /at least 1 day/],
  [
    "NotWholeDays",
    "uploads aborted after hours",
    { abortIncompleteUploadsAfter: Duration.hours(36) },
    /Duration\.days\(2\)/,
  ],
  ["InvalidLifecycleRuleId", "an empty id", { lifecycleRules: [{ id: "", expireAfter: days(1) }] }, /1 to 255/],
  [
    "DuplicateLifecycleRuleId",
    "one id twice",
    {
      lifecycleRules: [
        { id: "a", expireAfter: days(1) },
        { id: "a", expireAfter: days(2) },
      ],
    },
    /"a"/,
  ],
  [
    "DuplicateLifecycleRuleId",
    "the id of the construct's own rule",
    { lifecycleRules: [{ id: "abort-incomplete-uploads", expireAfter: days(1) }] },
    /taken/,
  ],
  ["EmptyLifecycleRule", "a rule that does nothing", { lifecycleRules: [{ id: "a" }] }, /does nothing/],
  [
    "InvalidKeyPrefix",
    "a leading slash",
    { lifecycleRules: [{ id: "a", prefix: "/data/", expireAfter: days(1) }] },
    /"data\/"/,
  ],
  [
    "InvalidKeyPrefix",
    "a wildcard",
    { lifecycleRules: [{ id: "a", prefix: "data/*", expireAfter: days(1) }] },
    /"data\/"/,
  ],
  [
    "EmptySizeRange",
    "sizes that exclude each other",
    {
      lifecycleRules: [
        {
          id: "a",
          expireAfter: days(1),
          objectSizeGreaterThan: Size.mebibytes(1),
          objectSizeLessThan: Size.mebibytes(1),
        },
      ],
    },
    /1 MiB/,
  ],
  ["TransitionTooEarly", "infrequent access after 29 days", rule([Tier.infrequentAccess, 29]), /Duration\.days\(30\)/],
  ["TransitionTooEarly", "one zone after a week", rule([Tier.oneZoneInfrequentAccess, 7]), /ONEZONE_IA/],
  [
    "TransitionNotSupported",
    "from cold to warm",
    rule([Tier.archive, 60], [Tier.infrequentAccess, 200]),
    /goes to Tier\.deepArchive\./,
  ],
  [
    "TransitionNotSupported",
    "from one zone to instant archive",
    rule([Tier.oneZoneInfrequentAccess, 30], [Tier.instantArchive, 90]),
    /Tier\.archive, Tier\.deepArchive/,
  ],
  ["TransitionNotSupported", "a tier twice", rule([Tier.archive, 60], [Tier.archive, 200]), /no object/],
  ["TransitionNotSupported", "beyond the coldest", rule([Tier.deepArchive, 1], [Tier.archive, 200]), /nowhere/],
  [
    "TransitionsNotIncreasing",
    "a colder tier on the same day",
    rule([Tier.infrequentAccess, 90], [Tier.archive, 90]),
    /later/,
  ],
  [
    "TransitionBeforeMinimumStorage",
    "29 days of infrequent access",
    rule([Tier.infrequentAccess, 30], [Tier.archive, 59]),
    /Duration\.days\(60\)/,
  ],
  [
    "TransitionBeforeMinimumStorage",
    "the example of the AWS manual: instant archive at 4, deep archive before 94",
    rule([Tier.instantArchive, 4], [Tier.deepArchive, 93]),
    /Duration\.days\(94\)/,
  ],
  [
    "NotWholeDays",
    "a transition after hours",
    { lifecycleRules: [{ id: "a", transitions: [{ tier: Tier.intelligent, after: Duration.hours(1) }] }] },
    /whole days/,
  ],
  [
    "ExpirationTooEarly",
    "deletion on day 0",
    { lifecycleRules: [{ id: "a", expireAfter: days(0) }] },
    /at least 1 day/,
  ],
  [
    "ExpirationTooEarly",
    "old versions deleted on day 0",
    { lifecycleRules: [{ id: "a", expireNoncurrentVersionsAfter: days(0) }] },
    /at least 1 day/,
  ],
  [
    "ExpirationBeforeTransition",
    "deletion on the day of the last transition",
    { lifecycleRules: [{ id: "a", transitions: ladder([Tier.infrequentAccess, 90]), expireAfter: days(90) }] },
    /after 90/,
  ],
  [
    "RetrievalDelayNotAccepted",
    "an archive for everything, without a word",
    { lifecycleRules: [{ id: "a", transitions: ladder([Tier.archive, 180]) }] },
    /all objects.*Tier\.instantArchive/,
  ],
  [
    "RetrievalDelayNotAccepted",
    "an archive with an empty reason",
    {
      lifecycleRules: [
        {
          id: "a",
          prefix: "x/",
          transitions: ladder([Tier.deepArchive, 1]),
          acknowledge: { RetrievalDelayNotAccepted: "" },
        },
      ],
    },
    /under "x\/"/,
  ],
  [
    "RetrievalDelayNotAccepted",
    "archive tiers of intelligent tiering with an empty reason",
    {
      intelligentTiering: {
        archiveAfter: days(90),
        acknowledge: { RetrievalDelayNotAccepted: "" },
        uploadedBy: "the test",
      },
    },
    /say why/,
  ],
  ["IntelligentTieringEmpty", "no tier", tiering(), /archiveAfter/],
  ["IntelligentTieringOutOfRange", "archive after 89 days", tiering(days(89)), /90 to 730/],
  ["IntelligentTieringOutOfRange", "archive after 731 days", tiering(days(731)), /90 to 730/],
  ["IntelligentTieringOutOfRange", "deep archive after 179 days", tiering(undefined, days(179)), /180 to 730/],
  ["IntelligentTieringNotIncreasing", "both on one day", tiering(days(180), days(180)), /no object/],
  [
    "IntelligentTieringUnreachable",
    "the guide's pair: a ladder without intelligent, and a tiering configuration",
    {
      ...rule([Tier.infrequentAccess, 90], [Tier.archive, 180]),
      intelligentTiering: { archiveAfter: days(90), acknowledge: { RetrievalDelayNotAccepted: "for the test" } },
    },
    /Tier\.intelligent/,
  ],
  [
    "IntelligentTieringUnreachable",
    "a transition to intelligent under another prefix",
    {
      lifecycleRules: [{ id: "a", prefix: "logs/", transitions: ladder([Tier.intelligent, 0]) }],
      intelligentTiering: {
        prefix: "data/",
        archiveAfter: days(90),
        acknowledge: { RetrievalDelayNotAccepted: "for the test" },
      },
    },
    /under "data\/"/,
  ],
];

test.each(refused)("%s: %s", (code, _what, props, says) => {
  const error = refusal(props);
  expect(error?.code).toBe(code);
  expect(error?.message).toMatch(says);
  expect(error?.message).toContain("test/files");
});

const accepted: Array<[what: string, props: Partial<TieredBucketProps>]> = [
  ["a name with dots", { bucketName: "files.app-ef.example" }],
  ["a KMS alias in China", { kmsKeyArn: "arn:aws-cn:kms:cn-north-1:111122223333:alias/app-ef" }],
  ["infrequent access after exactly 30 days", rule([Tier.infrequentAccess, 30])],
  [
    "the example of the AWS manual: instant archive at 4, deep archive at 94",
    rule([Tier.instantArchive, 4], [Tier.deepArchive, 94]),
  ],
  [
    "the longest ladder",
    rule(
      [Tier.infrequentAccess, 30],
      [Tier.intelligent, 60],
      [Tier.instantArchive, 61],
      [Tier.archive, 151],
      [Tier.deepArchive, 241],
    ),
  ],
  [
    "instant archive without a reason",
    { lifecycleRules: [{ id: "a", transitions: ladder([Tier.instantArchive, 0]) }] },
  ],
  [
    "deletion one day after the last transition",
    { lifecycleRules: [{ id: "a", transitions: ladder([Tier.infrequentAccess, 90]), expireAfter: days(91) }] },
  ],
  ["archive tiers at both ends of the range", tiering(days(90), days(730))],
  [
    "a tiering configuration for a part of what a rule moves",
    {
      lifecycleRules: [{ id: "a", prefix: "data/", transitions: ladder([Tier.intelligent, 0]) }],
      intelligentTiering: {
        prefix: "data/files/",
        archiveAfter: days(90),
        acknowledge: { RetrievalDelayNotAccepted: "for the test" },
      },
    },
  ],
];

test.each(accepted)("accepted: %s", (_what, props) => {
  expect(refusal(props)).toBeUndefined();
});

test("a ladder that is accepted stays accepted when all of it is shifted to later days, and never climbs to a warmer tier", () => {
  const rungs = fc.array(fc.tuple(fc.constantFrom(...Tier.all), fc.integer({ min: 0, max: 800 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(rungs, fc.integer({ min: 0, max: 365 }), (given, shift) => {
      if (refusal(rule(...given))) return;
      // then
      expect(refusal(rule(...given.map(([tier, at]): [Tier, number] => [tier, at + shift])))).toBeUndefined();
      const byAge = [...given].sort(([, one], [, other]) => one - other);
      const warmth = byAge.map(([tier]) => Tier.all.indexOf(tier));
      expect(warmth).toEqual([...warmth].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
});
