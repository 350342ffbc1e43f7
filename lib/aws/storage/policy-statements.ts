import { keyStatement } from "../../storage/kms-key";
import type { ReplicationRule } from "./replication";

/** A statement of an IAM or bucket policy. */
export type PolicyStatement = Readonly<Record<string, unknown>>;

/** The bucket of a grant. */
export interface GrantedBucket {
  readonly bucketArn: string;
  readonly kmsKeyArn: string | undefined;
}

/** Access of a role to the objects of a bucket. */
export type BucketAccess = "read" | "write" | "delete";

/**
 * Statements that allow a role only the given access, under one prefix.
 *
 * Writing includes aborting uploads of one's own, but not deleting. Deleting does not affect old versions.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function grantStatements(
  { bucketArn, kmsKeyArn }: GrantedBucket,
  access: readonly BucketAccess[],
  prefix = "",
): PolicyStatement[] {
  const objectActions = {
    read: ["s3:GetObject", "s3:GetObjectVersion"],
    write: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
    delete: ["s3:DeleteObject"],
  };
  const keyActions = { read: ["kms:Decrypt"], write: ["kms:GenerateDataKey", "kms:Decrypt"], delete: [] };
  const statements: PolicyStatement[] = [];
  if (access.includes("read")) {
    statements.push({
      Sid: "ListObjects",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: bucketArn,
      ...(prefix !== "" && { Condition: { StringLike: { "s3:prefix": `${prefix}*` } } }),
    });
  }
  statements.push({
    Sid: "Objects",
    Effect: "Allow",
    Action: access.flatMap((one) => objectActions[one]),
    Resource: `${bucketArn}/${prefix}*`,
  });
  const keys = [...new Set<string>(access.flatMap((one) => keyActions[one]))];
  if (kmsKeyArn !== undefined && keys.length > 0) statements.push({ Sid: "Key", ...keyStatement(kmsKeyArn, keys) });
  return statements;
}

/**
 * What S3 needs to copy objects: read here, write there, nothing else.
 *
 * Always allows reading the retention and the legal hold of versions: without that, S3 copies nothing from a bucket
 * with Object Lock, which can also be enabled by other means than `objectLock`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-replication
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
 */
export function replicationStatements(
  { bucketArn, kmsKeyArn }: GrantedBucket,
  rules: readonly ReplicationRule[],
): PolicyStatement[] {
  const allow = (Sid: string, Action: string[], Resource: string | string[]) => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  const read = [
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
    "s3:GetObjectRetention",
    "s3:GetObjectLegalHold",
  ];
  const write = ["s3:ReplicateObject", "s3:ReplicateTags"];
  const some = <Key extends keyof ReplicationRule>(key: Key) => rules.some((rule) => rule[key]);
  if (some("replicateDeletes")) write.push("s3:ReplicateDelete");
  if (some("destinationAccount")) write.push("s3:ObjectOwnerOverrideToBucketOwner");
  const destinations = [...new Set(rules.map(({ destinationBucketArn }) => `${destinationBucketArn}/*`))];
  const keys = [...new Set(rules.flatMap(({ destinationKmsKeyArn }) => destinationKmsKeyArn ?? []))];
  const others = rules.flatMap(({ sourceKmsKeyArns = [] }) => sourceKmsKeyArns).filter((key) => key !== kmsKeyArn);
  // A rule that excludes KMS-encrypted objects needs no key.
  const own =
    kmsKeyArn === undefined || keys.length === 0
      ? []
      : [{ Sid: "SourceKey", ...keyStatement(kmsKeyArn, ["kms:Decrypt"]) }];
  return [
    allow("ReadConfiguration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], bucketArn),
    allow("ReadVersions", read, `${bucketArn}/*`),
    allow("WriteCopies", write, destinations),
    ...own,
    ...[...new Set(others)].map((key, index) => ({ Sid: `SourceKey${index}`, ...keyStatement(key, ["kms:Decrypt"]) })),
    ...keys.map((key, index) => ({ Sid: `DestinationKey${index}`, ...keyStatement(key, ["kms:Encrypt"]) })),
  ];
}

/** The policy document with these statements, as JSON. */
export function policyDocument(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/**
 * The trust policy of a role that S3 assumes for replication. AWS documents no condition on the source for it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 */
export function assumedByS3(): string {
  return policyDocument([{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sts:AssumeRole" }]);
}
