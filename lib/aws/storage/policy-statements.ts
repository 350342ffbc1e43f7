import type { IConstruct } from "constructs";
import { report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import type { ReplicationRule } from "./replication";

/** A statement of an IAM or bucket policy. */
export type PolicyStatement = Readonly<Record<string, unknown>>;

/** What a grant is about. */
export interface GrantedBucket {
  readonly bucketArn: string;
  readonly kmsKeyArn: string | undefined;
}

/** What a role is allowed to do with the objects of a bucket. */
export type BucketAccess = "read" | "write" | "delete";

/**
 * Statements that allow a role no more than the access named, under one prefix.
 *
 * Writing includes aborting one's own uploads, and not deleting; deleting leaves old versions alone.
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
  if (kmsKeyArn !== undefined && keys.length > 0) statements.push(keyStatement("Key", kmsKeyArn, keys));
  return statements;
}

/**
 * What S3 needs to copy objects: read here, write there, nothing else.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
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
  const read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"];
  const write = ["s3:ReplicateObject", "s3:ReplicateTags"];
  const some = <Key extends keyof ReplicationRule>(key: Key) => rules.some((rule) => rule[key]);
  if (some("replicateDeletes")) write.push("s3:ReplicateDelete");
  if (some("destinationAccount")) write.push("s3:ObjectOwnerOverrideToBucketOwner");
  const destinations = [...new Set(rules.map(({ destinationBucketArn }) => `${destinationBucketArn}/*`))];
  const keys = [...new Set(rules.flatMap(({ destinationKmsKeyArn }) => destinationKmsKeyArn ?? []))];
  return [
    allow("ReadConfiguration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], bucketArn),
    allow("ReadVersions", read, `${bucketArn}/*`),
    allow("WriteCopies", write, destinations),
    ...(kmsKeyArn === undefined ? [] : [keyStatement("SourceKey", kmsKeyArn, ["kms:Decrypt"])]),
    ...keys.map((key, index) => keyStatement(`DestinationKey${index}`, key, ["kms:Encrypt"])),
  ];
}

/** A policy matches the ARN of the key only; for an alias there is a condition. */
function keyStatement(sid: string, arn: string, actions: readonly string[]): PolicyStatement {
  const statement = { Sid: sid, Effect: "Allow", Action: actions };
  if (!isKmsAlias(arn)) return { ...statement, Resource: arn };
  const [place, alias] = arn.split(/:(?=alias\/)/) as [string, string];
  const Condition = { "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } };
  return { ...statement, Resource: `${place}:key/*`, Condition };
}

/** The policy document with these statements, as JSON. */
export function policyDocument(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** The trust policy of a role that S3 assumes. */
export function assumedByS3(): string {
  return policyDocument([{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sts:AssumeRole" }]);
}

const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(key|alias)\/.+$/;

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 * @throws ValidationError `InvalidKmsKeyArn`
 */
export function validateKmsKeyArn(arn: string | undefined, name: string, construct: IConstruct): void {
  if (arn === undefined || isUnresolved(arn) || KMS_KEY_ARN.test(arn)) return;
  report(
    construct,
    "InvalidKmsKeyArn",
    `${name} "${arn}" is not the ARN of a key or an alias. Write "arn:aws:kms:eu-central-1:111122223333:key/..."; ` +
      "an id alone would name a key of another account when the object's writer has one with that id.",
  );
}

/** Region in the ARN of a key; nothing when only Terraform knows the ARN. */
export function regionOfKmsKey(arn: string): string | undefined {
  return isUnresolved(arn) ? undefined : KMS_KEY_ARN.exec(arn)?.[1];
}

/** Whether the ARN names an alias: policies of IAM match the ARN of the key only. */
function isKmsAlias(arn: string): boolean {
  return !isUnresolved(arn) && KMS_KEY_ARN.exec(arn)?.[2] === "alias";
}
