import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { acknowledgement, isAcknowledged, validateAcknowledgements } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import { report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import { validateAccessLogs, validateCorsRules, validateDestruction } from "../../storage/bucket-options";
import { validateLifecycleRules } from "./lifecycle";
import type { TieredBucketProps, RetentionPolicy } from "./tiered-bucket-props";

const MAXIMUM_RETENTION_SECONDS = 3_155_760_000;
const MULTI_REGIONS = ["US", "EU", "ASIA"];
const DUAL_REGIONS = ["ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"];
const REGION = /^[a-z]+-[a-z]+\d+$/i;
const KMS_KEY = /^projects\/[^/]+\/locations\/([^/]+)\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;

/** Refuses options that Google Cloud Storage would refuse, or that contradict each other. */
export function validateTieredBucket(props: TieredBucketProps, construct: IConstruct): void {
  const { lifecycleRules = [], retention } = props;
  const versioned = isVersioned(props);
  validateBucketName(props.bucketName, construct);
  validateLocation(props, construct);
  validateKmsKey(props, construct);
  validateDestruction(props, construct);
  validateLifecycleRules(lifecycleRules, { versioned, autoclass: props.autoclass !== undefined }, construct);
  if (props.softDeleteRetention) validateSoftDelete(props.softDeleteRetention, construct);
  if (retention) {
    validateRetention(retention, construct);
    warnOfRetainedObjects(props, retention, construct);
    if (props.versioned) warnOfRetainedVersions(construct);
  }
  if (props.accessLogs) validateAccessLogs(props.accessLogs, props.bucketName, construct);
  validateTopics(props, construct);
  validateCorsRules(props.corsRules ?? [], construct);
  validateLabels(props.labels ?? {}, construct);
}

/** Whether the bucket keeps old versions. By default not with `retention`, which already protects the objects. */
export function isVersioned({ versioned, retention }: TieredBucketProps): boolean {
  return versioned ?? retention === undefined;
}

/**
 * Sources contradict each other: https://rules.sonarsource.com/terraform/RSPEC-6412 and
 * https://github.com/terraform-google-modules/terraform-example-foundation/pull/898 say that a bucket has one of the
 * two, and https://cloud.google.com/storage/docs/object-versioning no longer does.
 */
function warnOfRetainedVersions(construct: IConstruct): void {
  Annotations.of(construct).addWarning(
    "versioned: true with retention: Cloud Storage did not allow both in one bucket, and its documentation no longer says whether it does. If the apply fails, remove versioned: true; retention protects the objects without it.",
  );
}

/** @see https://cloud.google.com/storage/docs/locations, https://cloud.google.com/storage/docs/availability-durability#turbo-replication */
function validateLocation(props: TieredBucketProps, construct: IConstruct): void {
  const { location, dualRegion, turboReplication } = props;
  if (dualRegion) validateDualRegion(dualRegion, construct);
  if (isUnresolved(location)) return;
  const name = location.toUpperCase();
  const isMulti = dualRegion ? /^[A-Z]{2,4}$/.test(name) : MULTI_REGIONS.includes(name);
  if (dualRegion ? !isMulti : !REGION.test(location) && !isMulti && !DUAL_REGIONS.includes(name)) {
    report(
      construct,
      "InvalidGoogleLocation",
      dualRegion
        ? `location "${location}" cannot have a dualRegion. Write the multi-region or country of its two regions, such as "US" or "EU".`
        : `location "${location}" is no region, dual-region or multi-region. Write "europe-west3", one of ${DUAL_REGIONS.join(", ")}, or one of ${MULTI_REGIONS.join(", ")}.`,
    );
  }
  if (turboReplication && !dualRegion && !DUAL_REGIONS.includes(name)) {
    report(
      construct,
      "TurboReplicationOutsideDualRegion",
      `turboReplication is for dual-regions, and location is "${location}". Use one of ${DUAL_REGIONS.join(", ")}, name two regions in dualRegion, or remove it.`,
    );
  }
}

/** @see https://cloud.google.com/storage/docs/locations#location-dr */
function validateDualRegion(regions: readonly string[], construct: IConstruct): void {
  const known = regions.filter((region) => !isUnresolved(region));
  const names = new Set(known.map((region) => region.toUpperCase()));
  if (regions.length === 2 && names.size === known.length && known.every((region) => REGION.test(region))) return;
  report(
    construct,
    "InvalidDualRegion",
    `dualRegion is ${JSON.stringify(regions)}; it takes two different regions, such as ["US-EAST1", "US-WEST1"].`,
  );
}

/** @see https://cloud.google.com/storage/docs/encryption/customer-managed-keys#key-locations */
function validateKmsKey({ kmsKeyName, location }: TieredBucketProps, construct: IConstruct): void {
  if (kmsKeyName === undefined || isUnresolved(kmsKeyName)) return;
  const place = KMS_KEY.exec(kmsKeyName)?.[1];
  if (place === undefined) {
    report(
      construct,
      "InvalidKmsKeyName",
      `kmsKeyName "${kmsKeyName}" is not the name of a key. Write "projects/P/locations/L/keyRings/R/cryptoKeys/K", without a version.`,
    );
    return;
  }
  if (isUnresolved(location) || isUnresolved(place)) return;
  // A multi-region has a key location of the same name, except for the European Union, where it is "europe".
  const wanted = location.toUpperCase() === "EU" ? "europe" : location.toLowerCase();
  if (place.toLowerCase() === wanted) return;
  report(
    construct,
    "KmsKeyInOtherLocation",
    `kmsKeyName is a key in ${place}, and the bucket is in ${location}. Use a key in ${wanted}.`,
  );
}

/** @see https://cloud.google.com/storage/docs/soft-delete */
function validateSoftDelete(softDelete: Duration, construct: IConstruct): void {
  const days = softDelete.toDays({ integral: false });
  if (days === 0 || (days >= 7 && days <= 90)) return;
  report(
    construct,
    "SoftDeleteOutOfRange",
    `softDeleteRetention is ${softDelete}; Google Cloud takes 7 to 90 days, or Duration.days(0) for none.`,
  );
}

/** @see https://cloud.google.com/storage/docs/bucket-lock */
function validateRetention(
  { retentionPeriod, locked = false, acknowledge }: RetentionPolicy,
  construct: IConstruct,
): void {
  const seconds = retentionPeriod.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < 1 || seconds >= MAXIMUM_RETENTION_SECONDS) {
    report(
      construct,
      "RetentionOutOfRange",
      `retention.retentionPeriod is ${retentionPeriod}; Google Cloud takes whole seconds, from 1 to less than 100 years.`,
    );
  }
  const isReasoned = isAcknowledged(acknowledge, "LockedRetentionWithoutReason");
  if (locked && !isReasoned) {
    report(
      construct,
      "LockedRetentionWithoutReason",
      "retention.locked: nobody can ever shorten or remove a locked policy. " +
        `Say why it must be so, ${acknowledgement("LockedRetentionWithoutReason")}, or remove locked.`,
    );
  } else if (isReasoned && !locked) {
    report(
      construct,
      "NothingToAcknowledge",
      "retention.acknowledge says why the policy is locked, and it is not. Write locked: true, or remove acknowledge.",
    );
  } else validateAcknowledgements(acknowledge, ["LockedRetentionWithoutReason"], construct, "retention");
}

/**
 * Google accepts a rule that deletes retained objects, and applies it when the retention period is over.
 *
 * @see https://cloud.google.com/storage/docs/lifecycle#delete
 */
function warnOfRetainedObjects(
  { lifecycleRules = [] }: TieredBucketProps,
  { retentionPeriod }: RetentionPolicy,
  construct: IConstruct,
): void {
  const early = lifecycleRules.find(
    ({ expireAfter }) => expireAfter && expireAfter.toSeconds() < retentionPeriod.toSeconds(),
  );
  if (early === undefined) return;
  Annotations.of(construct).addWarning(
    `Lifecycle rule "${early.id}" deletes objects after ${early.expireAfter}, and retention keeps them for ${retentionPeriod}: Google Cloud deletes them when that is over. Make expireAfter longer to say so.`,
  );
}

/** @see https://cloud.google.com/storage/docs/pubsub-notifications */
function validateTopics({ notifications = [] }: TieredBucketProps, construct: IConstruct): void {
  for (const { topic } of notifications) {
    if (isUnresolved(topic) || /^(\/\/pubsub\.googleapis\.com\/)?projects\/[^/]+\/topics\/[^/]+$/.test(topic)) continue;
    report(
      construct,
      "InvalidTopic",
      `topic "${topic}" is not the name of a topic. Write "projects/app-ef/topics/uploads".`,
    );
  }
}

/** Letters of any script that are not uppercase. */
const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** @see https://cloud.google.com/storage/docs/tags-and-labels#bucket-labels */
function validateLabels(labels: Readonly<Record<string, string>>, construct: IConstruct): void {
  for (const [key, value] of Object.entries(labels)) {
    if (LABEL_KEY.test(key) && (isUnresolved(value) || LABEL_VALUE.test(value))) continue;
    report(
      construct,
      "InvalidLabel",
      `label "${key}"="${value}": a label has lowercase letters, digits, hyphens and underscores, at most 63 characters, and a key begins with a letter.`,
    );
  }
}

const RULES: ReadonlyArray<readonly [broken: (name: string) => boolean, rule: string]> = [
  [
    (name) => name.length < 3 || name.length > (name.includes(".") ? 222 : 63),
    "must have 3 to 63 characters (222 with dots)",
  ],
  [
    (name) => name.split(".").some((part) => part.length < 1 || part.length > 63),
    "must have 1 to 63 characters between dots",
  ],
  [(name) => /[^a-z0-9._-]/.test(name), "may hold lowercase letters, digits, dots, hyphens and underscores only"],
  [(name) => !/^[a-z0-9].*[a-z0-9]$/.test(name), "must begin and end with a letter or a digit"],
  [(name) => /^\d+\.\d+\.\d+\.\d+$/.test(name), "must not look like an IP address"],
  [(name) => /^goog|g[o0]{2}g[l1]e/.test(name), 'must not begin with "goog" or hold "google" or what looks like it'],
];

/**
 * Refuses a name that Google Cloud Storage would refuse.
 *
 * @see https://cloud.google.com/storage/docs/buckets#naming
 * @throws ValidationError `InvalidGoogleBucketName`
 */
function validateBucketName(name: string, construct: IConstruct): void {
  if (isUnresolved(name)) return;
  const broken = RULES.filter(([isBroken]) => isBroken(name)).map(([, rule]) => rule);
  if (broken.length === 0) return;
  report(
    construct,
    "InvalidGoogleBucketName",
    `bucketName "${name}" ${broken.join(", and ")}. Write a name such as "app-ef-production".`,
  );
}
