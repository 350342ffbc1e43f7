import { expect, test } from "@jest/globals";
import { Duration } from "../../../lib/core/duration";
import type { ErrorCode } from "../../../lib/core/error-codes";
import { Size } from "../../../lib/core/size";
import { SternaError } from "../../../lib/core/errors";
import { TieredBucket } from "../../../lib/google/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/google/storage/tiered-bucket-props";
import type { LifecycleRule } from "../../../lib/storage/lifecycle-rule";
import { Tier } from "../../../lib/storage/tier";
import { thrownBy } from "../../support/system-stack";
import { synthesize } from "../../support/synth";

const days = (amount: number) => Duration.days(amount);
const rule = (more: Partial<LifecycleRule>): Partial<TieredBucketProps> => ({
  lifecycleRules: [{ id: "r0", ...more }],
});
const KEY = "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k";

const INVALID: ReadonlyArray<readonly [ErrorCode, string, Partial<TieredBucketProps>]> = [
  ["InvalidGoogleBucketName", "capital letters", { bucketName: "App-Ef" }],
  ["InvalidGoogleBucketName", "Google's own name", { bucketName: "my-google-files" }],
  ["InvalidGoogleBucketName", "64 characters without dots", { bucketName: "a".repeat(64) }],
  ["InvalidGoogleLocation", "a region of AWS", { location: "eu-central-1" }],
  ["TurboReplicationOutsideDualRegion", "one region", { turboReplication: true }],
  ["InvalidKmsKeyName", "a key with a version", { kmsKeyName: `${KEY}/cryptoKeyVersions/1` }],
  ["KmsKeyInOtherLocation", "a key elsewhere", { kmsKeyName: KEY }],
  ["ForceDestroyNotAllowed", "emptying a protected bucket", { forceDestroy: true }],
  ["SoftDeleteOutOfRange", "three days", { softDeleteRetention: days(3) }],
  ["RetentionOutOfRange", "a century", { retention: { retentionPeriod: days(36_525) } }],
  ["LockedRetentionWithoutReason", "no reason", { retention: { retentionPeriod: days(1), locked: true } }],
  [
    "NothingToAcknowledge",
    "a reason for a lock that is not asked for",
    { retention: { retentionPeriod: days(1), acknowledge: { LockedRetentionWithoutReason: "the law" } } },
  ],
  [
    "LockedRetentionWithoutReason",
    "an empty reason",
    { retention: { retentionPeriod: days(1), locked: true, acknowledge: { LockedRetentionWithoutReason: " " } } },
  ],
  ["LogsIntoItself", "a loop", { accessLogs: { bucketName: "app-ef-files" } }],
  ["InvalidTopic", "a bare name", { notifications: [{ topic: "uploads" }] }],
  ["InvalidLabel", "a capital letter", { labels: { Team: "ef" } }],
  ["EmptyCorsRule", "no method", { corsRules: [{ allowedOrigins: ["*"], allowedMethods: [] }] }],
  ["EmptyLifecycleRule", "nothing to do", rule({})],
  ["FilterNotOnGoogle", "tags", rule({ objectTags: { a: "b" }, expireAfter: days(1) })],
  ["FilterNotOnGoogle", "sizes", rule({ objectSizeLessThan: Size.kibibytes(1), expireAfter: days(1) })],
  ["TierNotOnGoogle", "deep archive", rule({ transitions: [{ tier: Tier.deepArchive, after: days(90) }] })],
  ["TierNotOnGoogle", "intelligent tiering", rule({ transitions: [{ tier: Tier.intelligent, after: days(0) }] })],
  [
    "TransitionNotSupported",
    "the wrong order",
    rule({
      transitions: [
        { tier: Tier.archive, after: days(10) },
        { tier: Tier.infrequentAccess, after: days(20) },
      ],
    }),
  ],
  [
    "TransitionsNotIncreasing",
    "a colder tier earlier",
    rule({
      transitions: [
        { tier: Tier.infrequentAccess, after: days(20) },
        { tier: Tier.archive, after: days(10) },
      ],
    }),
  ],
  [
    "ExpirationBeforeTransition",
    "deletion first",
    rule({ transitions: [{ tier: Tier.archive, after: days(90) }], expireAfter: days(30) }),
  ],
  [
    "AutoclassWithTransitions",
    "two movers",
    { ...rule({ transitions: [{ tier: Tier.archive, after: days(90) }] }), autoclass: { coldest: "ARCHIVE" } },
  ],
  ["NoncurrentVersionsOutOfRange", "minus one", rule({ keepNoncurrentVersions: -1 })],
  ["InvalidDualRegion", "one region", { location: "US", dualRegion: ["US-EAST1"] }],
  ["InvalidGoogleLocation", "a region for two", { dualRegion: ["US-EAST1", "US-WEST1"] }],
  [
    "TooManyLifecycleRules",
    "101 actions",
    { lifecycleRules: Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, prefix: `${i}/`, expireAfter: days(1) })) },
  ],
];

test.each(INVALID)("%s: %s is refused", (code, _, props) => {
  // when
  const refusal = thrownBy(() =>
    synthesize((stack) => {
      new TieredBucket(stack, "files", { bucketName: "app-ef-files", location: "europe-west3", ...props });
    }),
  );

  // then
  expect(refusal).toBeInstanceOf(SternaError);
  expect(refusal).toMatchObject({ code });
});

test("a second bucket of the same name anywhere in the app is refused", () => {
  // given
  const twice = () =>
    synthesize((stack) => {
      new TieredBucket(stack, "files", { bucketName: "app-ef-files", location: "EU" });
      new TieredBucket(stack, "more", { bucketName: "app-ef-files", location: "EU" });
    });

  // then
  expect(twice).toThrow(expect.objectContaining({ code: "LifecycleOwnedTwice" }));
});
