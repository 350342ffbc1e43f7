import type { IConstruct } from "constructs";
import type { ErrorCode } from "../../core/error-codes";
import { checkTree, ValidationError } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import type { TieredBucketProps } from "./tiered-bucket-props";

/** A bucket of the app, with the texts by which other resources may refer to it. */
interface KnownBucket {
  readonly construct: IConstruct;
  readonly props: TieredBucketProps;
  /** Name and ARN, as literals or references. */
  readonly references: readonly string[];
}

const bucketsOf = new WeakMap<IConstruct, KnownBucket[]>();

/** Lets the other buckets of the app find this one. */
export function registerBucket(
  construct: IConstruct,
  props: TieredBucketProps,
  references: { readonly name: string; readonly arn: string },
): void {
  const { root } = construct.node;
  const all = bucketsOf.get(root) ?? [];
  bucketsOf.set(root, all);
  const written = isUnresolved(props.bucketName) ? [] : [props.bucketName];
  all.push({ construct, props, references: [references.name, references.arn, ...written] });
}

/**
 * Refuses, at synthesis, what S3 would refuse because of another bucket of the same app: replication to a bucket
 * without versioning or Object Lock, and access logs in a bucket that S3 cannot write to.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-replication
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export function refuseUnfitDestinations(construct: IConstruct, props: TieredBucketProps): void {
  const { replicationRules = [], accessLogs } = props;
  if (replicationRules.length === 0 && accessLogs === undefined) return;
  checkTree(construct, () => {
    for (const { id, destinationBucketArn } of replicationRules) {
      const destination = find(construct, destinationBucketArn);
      if (destination) validateDestination(construct, props, id, destination);
    }
    const logs = accessLogs && find(construct, accessLogs.bucketName);
    if (logs) validateLogBucket(construct, logs);
  });
}

/** The bucket that a name or an ARN refers to, if it is part of the app. */
function find(construct: IConstruct, reference: string): KnownBucket | undefined {
  const name = /^arn:aws[a-z-]*:s3:::(.+)$/.exec(reference)?.[1] ?? reference;
  return bucketsOf.get(construct.node.root)?.find(({ references }) => references.includes(name));
}

function validateDestination(source: IConstruct, props: TieredBucketProps, rule: string, to: KnownBucket): void {
  const fail = (code: ErrorCode, message: string): never => {
    throw new ValidationError(code, `Replication rule "${rule}": ${message}`, source);
  };
  const path = to.construct.node.path;
  if (to.props.versioned === false) {
    fail(
      "ReplicationDestinationUnversioned",
      `${path} keeps no versions, and S3 replicates versions only. Remove its versioned: false.`,
    );
  }
  if (props.objectLock && !to.props.objectLock && !isLockedByTransform(to.props)) {
    fail(
      "ReplicationDestinationUnlocked",
      `the bucket has Object Lock and ${path} has not, and S3 replicates locked objects only to a bucket with Object Lock. Give it objectLock, too.`,
    );
  }
}

function isLockedByTransform({ transform = {} }: TieredBucketProps): boolean {
  return transform.bucket !== undefined || transform.objectLock !== undefined;
}

function validateLogBucket(source: IConstruct, { construct: { node }, props }: KnownBucket): void {
  if (props.objectLock) {
    throw new ValidationError(
      "LogDestinationLocked",
      `accessLogs go to ${node.path}, which has Object Lock with a default retention, and S3 writes no access logs there. Use a bucket without objectLock.`,
      source,
    );
  }
  if (props.kmsKeyArn === undefined) return;
  throw new ValidationError(
    "LogDestinationEncrypted",
    `accessLogs go to ${node.path}, which is encrypted with a KMS key, and S3 writes access logs only to a bucket with SSE-S3. Use a bucket without kmsKeyArn.`,
    source,
  );
}
