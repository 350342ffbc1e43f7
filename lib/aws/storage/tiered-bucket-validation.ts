import { wholeDays } from "../../core/duration";
import { Annotations, TerraformProvider, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import type { ErrorCode } from "../../core/error-codes";
import { report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import { validateAccessLogs, validateCorsRules, validateDestruction } from "../../storage/bucket-options";
import { validateBucketArn, validateKeyPrefix } from "../../storage/lifecycle-rule";
import { validateIntelligentTiering } from "./intelligent-tiering";
import { validateInventories } from "./inventory";
import { validateLifecycleRules } from "./lifecycle-validation";
import { validateNotifications } from "./notification";
import { validateObjectLock } from "./object-lock";
import { regionOfKmsKey, validateKmsKeyArn } from "../../storage/kms-key";
import type { ReplicationRule } from "./replication";
import type { TieredBucketProps } from "./tiered-bucket-props";

/** Refuses options that S3 would refuse, or that contradict each other. */
export function validateAwsTieredBucket(props: TieredBucketProps, construct: IConstruct): void {
  const { lifecycleRules = [], versioned = true, readAtOnce, objectLock } = props;
  validateBucketName(props.bucketName, construct);
  validateKmsKeyArn(props.kmsKeyArn, "kmsKeyArn", construct);
  validateKmsKeyRegion(props.kmsKeyArn, construct);
  validateDestruction(props, construct);

  validateAbortion(props, construct);
  validateLifecycleRules(
    lifecycleRules,
    { versioned, readAtOnce, ownRule: props.abortIncompleteUploadsAfter !== "never" },
    construct,
  );
  if (props.intelligentTiering) validateIntelligentTiering(props.intelligentTiering, lifecycleRules, construct);
  if (objectLock) {
    validateObjectLock(objectLock, versioned, construct);
    warnOfLockedVersions(props, construct);
  }
  validateReplication(props.replicationRules ?? [], props, construct);
  if (props.accessLogs) validateAccessLogs(props.accessLogs, props.bucketName, construct);
  validateInventories(props.inventories ?? [], construct);
  validateNotifications(props.notifications ?? [], construct);
  validateCorsRules(props.corsRules ?? [], construct);
}

function validateAbortion({ abortIncompleteUploadsAfter: after }: TieredBucketProps, construct: IConstruct): void {
  if (after && after !== "never" && wholeDays(after, "abortIncompleteUploadsAfter", construct) < 1) {
    report(construct, "ExpirationTooEarly", "abortIncompleteUploadsAfter must be at least 1 day.");
  }
}

/**
 * S3 accepts a rule that removes locked versions, and applies it when the lock has ended.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-lifecycle
 */
function warnOfLockedVersions({ lifecycleRules = [], objectLock }: TieredBucketProps, construct: IConstruct) {
  const locked = objectLock!.defaultRetention.toDays({ integral: false });
  for (const { id, expireAfter, expireNoncurrentVersionsAfter: expiry } of lifecycleRules) {
    const days = expiry && expiry.toDays({ integral: false }) + (expireAfter?.toDays({ integral: false }) ?? 0);
    if (days === undefined || days >= locked) continue;
    Annotations.of(construct).addWarning(
      `Lifecycle rule "${id}" removes versions after ${days} days, and objectLock keeps them for ${locked}: S3 removes them when the lock has ended. ` +
        `Write expireNoncurrentVersionsAfter: Duration.days(${locked - (expireAfter?.toDays({ integral: false }) ?? 0)}) or more to say so.`,
    );
  }
}

/**
 * S3 accepts only keys in the bucket's own region.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
function validateKmsKeyRegion(arn: string | undefined, construct: IConstruct): void {
  const keyRegion = arn === undefined ? undefined : regionOfKmsKey(arn);
  if (keyRegion === undefined) return;
  const providers = TerraformStack.of(construct).node.findAll().filter(isAwsProvider);
  const regions = providers.map(({ region }) => region);
  // With several providers, only Terraform's rules determine which one creates the bucket.
  if (regions.length !== 1 || regions[0] === undefined || isUnresolved(regions[0]) || regions[0] === keyRegion) return;
  report(
    construct,
    "KmsKeyInOtherRegion",
    `kmsKeyArn is a key in ${keyRegion}, and the bucket is made in ${regions[0]}. Use a key in ${regions[0]}, such as a replica of it.`,
  );
}

function isAwsProvider(one: IConstruct): one is TerraformProvider & { readonly region?: string } {
  return TerraformProvider.isTerraformProvider(one) && one.terraformResourceType === "aws";
}

const RULES: ReadonlyArray<readonly [broken: (name: string) => boolean, rule: string]> = [
  [(name) => name.length < 3 || name.length > 63, "must have 3 to 63 characters"],
  [(name) => /[^a-z0-9.-]/.test(name), "may hold lowercase letters, digits, dots and hyphens only"],
  [(name) => !/^[a-z0-9].*[a-z0-9]$/.test(name), "must begin and end with a letter or a digit"],
  [(name) => name.includes(".."), "must not have two dots in a row"],
  [(name) => /^\d+\.\d+\.\d+\.\d+$/.test(name), "must not look like an IP address"],
  [(name) => /^(xn--|sthree-|amzn-s3-demo-)/.test(name), "must not begin with xn--, sthree- or amzn-s3-demo-"],
  [
    (name) => /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name),
    "must not end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3",
  ],
];

/**
 * Refuses a name that S3 would refuse.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws ValidationError `InvalidBucketName`
 */
function validateBucketName(name: string, construct: IConstruct): void {
  if (isUnresolved(name)) return;
  const broken = RULES.filter(([isBroken]) => isBroken(name)).map(([, rule]) => rule);
  if (broken.length > 0) {
    report(
      construct,
      "InvalidBucketName",
      `bucketName "${name}" ${broken.join(", and ")}. Write a name such as "app-ef-production".`,
    );
  }
}

const MAXIMUM_RULES = 1000;

/**
 * Refuses replication that S3 would refuse, or that would silently leave objects out.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-marker-replication.html
 */
function validateReplication(rules: readonly ReplicationRule[], props: TieredBucketProps, construct: IConstruct): void {
  if (rules.length === 0) return;
  if (props.versioned === false) {
    report(
      construct,
      "ReplicationWithoutVersioning",
      "replicationRules copy versions, and the bucket keeps none (versioned: false). Remove one of the two.",
    );
  }
  if (rules.length > MAXIMUM_RULES) {
    report(
      construct,
      "TooManyReplicationRules",
      `a bucket takes ${MAXIMUM_RULES} replicationRules, got ${rules.length}.`,
    );
  }
  const ids = new Set<string>();
  const priorities = new Set<number>();
  rules.forEach((rule, index) => {
    const fail = (code: ErrorCode, message: string): void => {
      report(construct, code, `Replication rule "${rule.id}": ${message}`);
    };
    if (ids.has(rule.id)) fail("DuplicateReplicationRuleId", "the bucket has another rule with this id.");
    ids.add(rule.id);
    const priority = rule.priority ?? index;
    if (priorities.has(priority)) {
      fail("DuplicateReplicationPriority", `another rule has priority ${priority} too. Give each its own.`);
    }
    priorities.add(priority);
    validateRule(rule, props, fail, construct);
  });
}

function validateRule(
  rule: ReplicationRule,
  { bucketName, kmsKeyArn }: TieredBucketProps,
  fail: (code: ErrorCode, message: string) => void,
  construct: IConstruct,
): void {
  const { destinationBucketArn, destinationKmsKeyArn, destinationAccount, kmsEncryptedObjects } = rule;
  validateBucketArn(destinationBucketArn, `Replication rule "${rule.id}": destinationBucketArn`, construct);
  validateKeyPrefix(rule.prefix, `Replication rule "${rule.id}"`, construct);
  validateKmsKeyArn(destinationKmsKeyArn, "destinationKmsKeyArn", construct);
  for (const arn of rule.sourceKmsKeyArns ?? []) validateKmsKeyArn(arn, "sourceKmsKeyArns", construct);
  if (!isUnresolved(destinationBucketArn) && destinationBucketArn.endsWith(`:::${bucketName}`)) {
    fail("ReplicationToItself", `copies "${bucketName}" to itself. Name another bucket.`);
  }
  const encrypted = kmsKeyArn !== undefined || kmsEncryptedObjects === "replicate" || rule.sourceKmsKeyArns?.length;
  if (encrypted && destinationKmsKeyArn === undefined && kmsEncryptedObjects !== "leave") {
    fail(
      "ReplicationKeyMissing",
      "S3 copies objects that are encrypted with a KMS key only if the rule has destinationKmsKeyArn, a key in the region of the destination. " +
        'Add it, or write kmsEncryptedObjects: "leave" to copy only objects that are encrypted with SSE-S3.',
    );
  }
  if (kmsEncryptedObjects === "leave" && destinationKmsKeyArn !== undefined) {
    fail(
      "ReplicationKeyUnused",
      "destinationKmsKeyArn encrypts the copies of objects that have a KMS key, and kmsEncryptedObjects leaves those out. Remove one of the two.",
    );
  }
  if (rule.replicateDeletes && Object.keys(rule.objectTags ?? {}).length > 0) {
    fail(
      "DeleteReplicationWithTags",
      "S3 copies no delete markers where a rule filters by objectTags. Filter by prefix, or remove replicateDeletes.",
    );
  }
  if (destinationAccount !== undefined && !isUnresolved(destinationAccount) && !/^\d{12}$/.test(destinationAccount)) {
    fail("InvalidAccountId", `destinationAccount "${destinationAccount}" is no account id: it has 12 digits.`);
  }
}
