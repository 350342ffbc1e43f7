import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { Duration } from "../../../lib/core/duration";
import { TieredBucket } from "../../../lib/google/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/google/storage/tiered-bucket-props";
import { Tier } from "../../../lib/storage/tier";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";
import { schemaMismatches } from "../../storage/google-schema";

function synthesizeBucket(
  props: Partial<TieredBucketProps> = {},
  more: (bucket: TieredBucket) => void = () => {},
): SynthesizedStack {
  return synthesize((stack) => {
    new GoogleProvider(stack, "google");
    more(new TieredBucket(stack, "files", { bucketName: "app-ef-files", location: "europe-west3", ...props }));
  });
}

const bucketOf = (stack: SynthesizedStack) => onlyResource(stack, "google_storage_bucket");

/** Each option at once, but for autoclass, which excludes transitions. */
const EVERYTHING: Partial<TieredBucketProps> = {
  project: "app-ef",
  location: "EUR4",
  lifecycleRules: [
    {
      id: "old",
      prefix: "data/",
      transitions: [
        { tier: Tier.infrequentAccess, after: Duration.days(0) },
        { tier: Tier.archive, after: Duration.days(90) },
      ],
      expireAfter: Duration.days(500),
      noncurrentTransitions: [{ tier: Tier.instantArchive, after: Duration.days(0) }],
      expireNoncurrentVersionsAfter: Duration.days(100),
      keepNoncurrentVersions: 3,
    },
  ],
  retention: {
    retentionPeriod: Duration.days(30),
    locked: true,
    acknowledge: { LockedRetentionWithoutReason: "the law" },
  },
  softDeleteRetention: Duration.days(30),
  kmsKeyName: "projects/p/locations/eur4/keyRings/r/cryptoKeys/k",
  turboReplication: true,
  accessLogs: { bucketName: "app-ef-logs", prefix: "files/" },
  notifications: [{ topic: "projects/p/topics/uploads", events: ["OBJECT_FINALIZE"], prefix: "data/" }],
  corsRules: [{ allowedOrigins: ["https://app.example.org"], allowedMethods: ["GET"], exposedHeaders: ["ETag"] }],
  labels: { team: "ef" },
};

describe("a bucket with nothing but a name and a location", () => {
  const bucket = bucketOf(synthesizeBucket());

  test("is private, versioned, and protected from being destroyed", () => {
    expect(bucket).toMatchObject({
      uniform_bucket_level_access: true,
      public_access_prevention: "enforced",
      versioning: { enabled: true },
      soft_delete_policy: { retention_duration_seconds: 604_800 },
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("clears away incomplete uploads after a week", () => {
    expect(bucket.lifecycle_rule).toEqual([
      { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7, send_age_if_zero: false } },
    ]);
  });
});

test("rules become one block for each action, coldest last, and say whether a zero counts", () => {
  // when
  const rules = bucketOf(synthesizeBucket({ ...EVERYTHING, abortIncompleteUploadsAfter: "never" })).lifecycle_rule;

  // then
  const live = { matches_prefix: ["data/"], with_state: "LIVE" };
  const old = { matches_prefix: ["data/"], with_state: "ARCHIVED", send_age_if_zero: false };
  expect(rules).toEqual([
    {
      action: { type: "SetStorageClass", storage_class: "NEARLINE" },
      condition: { ...live, age: 0, send_age_if_zero: true },
    },
    {
      action: { type: "SetStorageClass", storage_class: "ARCHIVE" },
      condition: { ...live, age: 90, send_age_if_zero: false },
    },
    {
      action: { type: "SetStorageClass", storage_class: "COLDLINE" },
      condition: { ...old, days_since_noncurrent_time: 0, send_days_since_noncurrent_time_if_zero: true },
    },
    { action: { type: "Delete" }, condition: { ...live, age: 500, send_age_if_zero: false } },
    {
      action: { type: "Delete" },
      condition: {
        ...old,
        days_since_noncurrent_time: 100,
        send_days_since_noncurrent_time_if_zero: false,
        num_newer_versions: 4,
      },
    },
  ]);
});

test.each([
  ["everything", EVERYTHING],
  ["autoclass", { autoclass: { coldest: "ARCHIVE" as const } }],
  ["nothing", {}],
])("what is written with %s matches the extract of the provider's schema", (_, props) => {
  // when
  const stack = synthesizeBucket(props, (bucket) => {
    bucket.grantRead("app", "serviceAccount:app@p.iam.gserviceaccount.com", "data/");
    bucket.grantWrite("ingest", "serviceAccount:in@p.iam.gserviceaccount.com");
  });

  // then
  const mismatches = Object.entries(stack.resource).flatMap(([type, resources]) =>
    Object.values(resources).flatMap((resource) => schemaMismatches(type, resource)),
  );
  expect(mismatches).toEqual([]);
  expect(Object.keys(stack.resource)).toContain("google_storage_bucket_iam_member");
});

test("the extract finds what does not belong", () => {
  expect(schemaMismatches("google_storage_bucket", { name: "a", acl: "private", storage_class: "GLACIER" })).toEqual([
    "google_storage_bucket.location is missing",
    "google_storage_bucket.acl is unknown",
    'google_storage_bucket.storage_class cannot be "GLACIER"',
  ]);
});

test("grants name the smallest role, and the prefix", () => {
  // when
  const stack = synthesizeBucket({}, (bucket) => {
    bucket.grantRead("app", "user:a@example.org", "data/");
    bucket.grantWrite("ingest", "user:b@example.org");
    bucket.grantReadWrite("admin", "user:c@example.org");
  });

  // then
  const grants = Object.values(stack.resource.google_storage_bucket_iam_member!).sort((a, b) =>
    String(a.member).localeCompare(String(b.member)),
  );
  expect(grants.map(({ role }) => role)).toEqual([
    "roles/storage.objectViewer",
    "roles/storage.objectCreator",
    "roles/storage.objectUser",
  ]);
  expect(grants[0]!.condition).toMatchObject({ expression: expect.stringMatching(/objects\/data\/"\)$/) });
  expect(grants[1]!.condition).toBeUndefined();
});

test("a bucket that exists is imported, and one that moved is kept", () => {
  // when
  const stack = synthesizeBucket({ project: "app-ef", adopt: true, previously: ["storage"] }) as SynthesizedStack & {
    import: unknown[];
    moved: { from: string; to: string }[];
  };

  // then
  const address = `google_storage_bucket.${Object.keys(stack.resource.google_storage_bucket!)[0]}`;
  expect(stack.import).toEqual([{ to: address, id: "app-ef/app-ef-files" }]);
  expect(stack.moved).toEqual([
    { from: expect.stringMatching(/^google_storage_bucket\.storage_[0-9A-F]{8}$/), to: address },
  ]);
});

describe("what Google documents", () => {
  const rulesOf = (props: Partial<TieredBucketProps>) =>
    bucketOf(synthesizeBucket({ abortIncompleteUploadsAfter: "never", ...props })).lifecycle_rule;

  test("is accepted: old versions are removed by their number alone", () => {
    expect(rulesOf({ lifecycleRules: [{ id: "old", keepNoncurrentVersions: 2 }] })).toEqual([
      {
        action: { type: "Delete" },
        condition: { send_age_if_zero: false, with_state: "ARCHIVED", num_newer_versions: 3 },
      },
    ]);
  });

  test("is accepted: an age of 0 empties a bucket, and says so", () => {
    expect(rulesOf({ lifecycleRules: [{ id: "empty", expireAfter: Duration.days(0) }] })).toEqual([
      { action: { type: "Delete" }, condition: { age: 0, send_age_if_zero: true, with_state: "LIVE" } },
    ]);
  });

  test("is accepted: transitions in any order", () => {
    const transitions = [
      { tier: Tier.archive, after: Duration.days(365) },
      { tier: Tier.infrequentAccess, after: Duration.days(30) },
    ];
    expect(rulesOf({ lifecycleRules: [{ id: "ladder", transitions }] })).toHaveLength(2);
  });

  test("is accepted: labels in any script, and a configurable dual-region with turbo replication", () => {
    const bucket = bucketOf(
      synthesizeBucket({
        labels: { größe: "groß" },
        location: "US",
        dualRegion: ["US-EAST1", "US-WEST1"],
        turboReplication: true,
      }),
    );
    expect(bucket).toMatchObject({
      custom_placement_config: { data_locations: ["US-EAST1", "US-WEST1"] },
      rpo: "ASYNC_TURBO",
    });
    expect(schemaMismatches("google_storage_bucket", bucket)).toEqual([]);
  });
});

test("a retention policy comes without versions, which may be refused beside it, unless they are asked for", () => {
  // given
  const retention = { retentionPeriod: Duration.days(30) };

  // then
  expect(bucketOf(synthesizeBucket({ retention }))).toMatchObject({ versioning: { enabled: false } });
  const asked = synthesizeBucket({ retention, versioned: true }, ({ node }) => {
    expect(node.metadata.map(({ data }) => String(data))).toEqual([
      expect.stringContaining("versioned: true with retention"),
    ]);
  });
  expect(bucketOf(asked)).toMatchObject({ versioning: { enabled: true } });
});
