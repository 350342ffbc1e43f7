import type { TieredBucketProps } from "../../lib/aws/storage/tiered-bucket-props";
import { Duration } from "../../lib/core/duration";
import { Size } from "../../lib/core/size";
import type { LifecycleRule, TierTransition } from "../../lib/storage/lifecycle-rule";
import { Tier } from "../../lib/storage/tier";

/** A configuration that the documentation of a service shows as valid: the page, what it is about, the declaration. */
export type Valid<Props> = readonly [page: string, what: string, props: Partial<Props>];

const { infrequentAccess, oneZoneInfrequentAccess, intelligent, instantArchive, archive, deepArchive } = Tier;
export const days = (amount: number) => Duration.days(amount);
export const ladder = (...rungs: [Tier, number][]): TierTransition[] =>
  rungs.map(([tier, after]) => ({ tier, after: days(after) }));
export const accepted = { RetrievalDelayNotAccepted: "the corpus" };

/** A bucket with one rule. */
export const rule = (more: Partial<LifecycleRule>) => ({
  lifecycleRules: [{ id: "rule", acknowledge: undefined, ...more }],
});

/** A bucket with one rule that moves objects where they must be restored. */
const archived = (more: Partial<LifecycleRule>) => rule({ acknowledge: accepted, ...more });

export const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
export const REPLICA_KEY = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
export const S3 = "https://docs.aws.amazon.com/AmazonS3/latest";
const EXAMPLES = `${S3}/userguide/lifecycle-configuration-examples.html`;
const FILTERS = `${S3}/userguide/intro-lifecycle-filters.html`;
const TRANSITIONS = `${S3}/userguide/lifecycle-transition-general-considerations.html`;

export const VALID_LIFECYCLES_ON_S3: readonly Valid<TieredBucketProps>[] = [
  [
    EXAMPLES,
    "archive a year later, delete after ten",
    archived({ prefix: "logs/", transitions: ladder([archive, 365]), expireAfter: days(3650) }),
  ],
  [
    EXAMPLES,
    "the same for the whole bucket",
    archived({ transitions: ladder([archive, 365]), expireAfter: days(3650) }),
  ],
  [
    EXAMPLES,
    "archive on the day of the upload",
    archived({ prefix: "", transitions: ladder([archive, 0]), expireAfter: days(365) }),
  ],
  [
    EXAMPLES,
    "a disabled rule",
    { lifecycleRules: [{ id: "off", prefix: "logs/", expireAfter: days(365), enabled: false }] },
  ],
  [
    EXAMPLES,
    "two rules for two prefixes",
    {
      lifecycleRules: [
        { id: "a", prefix: "classA/", transitions: ladder([archive, 365]), acknowledge: accepted },
        { id: "b", prefix: "classB/", expireAfter: days(365) },
      ],
    },
  ],
  [
    EXAMPLES,
    "a ladder of three tiers",
    archived({ prefix: "logs/", transitions: ladder([infrequentAccess, 30], [archive, 90]), expireAfter: days(365) }),
  ],
  [
    EXAMPLES,
    "overlapping prefixes",
    {
      lifecycleRules: [
        { id: "all", expireAfter: days(365) },
        { id: "logs", prefix: "logs/", expireAfter: days(365) },
      ],
    },
  ],
  [
    EXAMPLES,
    "overlapping actions for one prefix",
    {
      lifecycleRules: [
        { id: "move", transitions: ladder([infrequentAccess, 365]) },
        { id: "logs", prefix: "logs/", transitions: ladder([infrequentAccess, 30]) },
      ],
    },
  ],
  [EXAMPLES, "noncurrent versions deleted after a hundred days", rule({ expireNoncurrentVersionsAfter: days(100) })],
  [
    EXAMPLES,
    "noncurrent versions moved, then deleted",
    archived({
      prefix: "logs/",
      noncurrentTransitions: ladder([archive, 30]),
      expireNoncurrentVersionsAfter: days(365),
    }),
  ],
  [
    EXAMPLES,
    "expired delete markers removed",
    rule({ removeExpiredDeleteMarkers: true, expireNoncurrentVersionsAfter: days(30) }),
  ],
  [EXAMPLES, "incomplete uploads stopped for a prefix", rule({ prefix: "tmp/", abortIncompleteUploadsAfter: days(7) })],
  [
    EXAMPLES,
    "noncurrent versions beyond the newest ten deleted",
    rule({ expireNoncurrentVersionsAfter: days(1), keepNoncurrentVersions: 10 }),
  ],
  [
    EXAMPLES,
    "objects above a size moved",
    rule({ objectSizeGreaterThan: Size.bytes(500), transitions: ladder([intelligent, 0]) }),
  ],
  [
    EXAMPLES,
    "objects between two sizes moved",
    rule({
      objectSizeGreaterThan: Size.bytes(500),
      objectSizeLessThan: Size.bytes(64_000),
      transitions: ladder([intelligent, 0]),
    }),
  ],
  [
    `${S3}/API/API_NoncurrentVersionTransition.html`,
    "the newest versions stay in their tier",
    rule({ noncurrentTransitions: [{ tier: infrequentAccess, after: days(30), keepNoncurrentVersions: 3 }] }),
  ],
  [
    `${S3}/API/API_NoncurrentVersionExpiration.html`,
    "old versions of a bucket that stopped versioning",
    { versioned: false, ...rule({ expireNoncurrentVersionsAfter: days(30) }) },
  ],
  [FILTERS, "no filter", rule({ expireAfter: days(365) })],
  [FILTERS, "an empty prefix", rule({ prefix: "", expireAfter: days(365) })],
  [FILTERS, "a prefix", archived({ prefix: "tax/", transitions: ladder([archive, 365]) })],
  [
    FILTERS,
    "one tag",
    archived({ objectTags: { key: "string" }, transitions: ladder([archive, 0]), expireAfter: days(365) }),
  ],
  [FILTERS, "two tags", rule({ objectTags: { key1: "value1", key2: "value2" }, expireAfter: days(365) })],
  [FILTERS, "a prefix and tags", rule({ prefix: "logs/", objectTags: { key1: "value1" }, expireAfter: days(1) })],
  [FILTERS, "a minimum size", rule({ objectSizeGreaterThan: Size.bytes(500), expireAfter: days(365) })],
  [
    FILTERS,
    "a prefix, tags and both sizes",
    rule({
      prefix: "logs/",
      objectTags: { a: "b" },
      objectSizeGreaterThan: Size.bytes(500),
      objectSizeLessThan: Size.mebibytes(1),
      expireAfter: days(1),
    }),
  ],
  [
    FILTERS,
    "an empty set of tags beside incomplete uploads",
    rule({ objectTags: {}, abortIncompleteUploadsAfter: days(1) }),
  ],
  [TRANSITIONS, "from standard to infrequent access", rule({ transitions: ladder([infrequentAccess, 30]) })],
  [TRANSITIONS, "from standard to one zone", rule({ transitions: ladder([oneZoneInfrequentAccess, 30]) })],
  [
    TRANSITIONS,
    "from infrequent access to intelligent tiering",
    rule({ transitions: ladder([infrequentAccess, 30], [intelligent, 60]) }),
  ],
  [
    TRANSITIONS,
    "from infrequent access to one zone",
    rule({ transitions: ladder([infrequentAccess, 30], [oneZoneInfrequentAccess, 60]) }),
  ],
  [
    TRANSITIONS,
    "from intelligent tiering to one zone",
    rule({ transitions: ladder([intelligent, 0], [oneZoneInfrequentAccess, 30]) }),
  ],
  [
    TRANSITIONS,
    "from one zone to the archive",
    archived({ transitions: ladder([oneZoneInfrequentAccess, 30], [archive, 60]) }),
  ],
  [
    TRANSITIONS,
    "from instant archive to the archive",
    archived({ transitions: ladder([instantArchive, 0], [archive, 90]) }),
  ],
  [
    TRANSITIONS,
    "from the archive to the deep archive",
    archived({ transitions: ladder([archive, 0], [deepArchive, 90]) }),
  ],
  [TRANSITIONS, "in any order of the list", archived({ transitions: ladder([archive, 90], [infrequentAccess, 30]) })],
  [
    TRANSITIONS,
    "archives of small objects",
    {
      ...archived({ transitions: ladder([archive, 1]) }),
      transitionDefaultMinimumObjectSize: "varies_by_storage_class",
    },
  ],
  [
    `${S3}/userguide/object-lifecycle-mgmt.html`,
    "a thousand rules",
    {
      abortIncompleteUploadsAfter: "never",
      lifecycleRules: Array.from({ length: 1000 }, (_, i) => ({ id: `r${i}`, prefix: `p${i}/`, expireAfter: days(1) })),
    },
  ],
  [
    `${S3}/userguide/empty-bucket.html`,
    "a bucket is emptied by lifecycle",
    {
      lifecycleRules: [
        { id: "current", expireAfter: days(1) },
        { id: "versions", expireNoncurrentVersionsAfter: days(1) },
        { id: "markers", removeExpiredDeleteMarkers: true },
      ],
    },
  ],
];
