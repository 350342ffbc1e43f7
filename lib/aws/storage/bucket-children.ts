import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { S3BucketCorsConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-cors-configuration";
import { S3BucketInventory } from "@cdktf/provider-aws/lib/s3-bucket-inventory";
import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import { S3BucketReplicationConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { Duration } from "../../core/duration";
import { applyTransform } from "../../core/refactoring";
import type { TieredBucketProps } from "./tiered-bucket-props";
import { inventoryConfig } from "./inventory";
import { notificationTargets, notifiedFunctions } from "./notification";
import { replicationConfigurationRules } from "./replication";
import { assumedByS3, type GrantedBucket, policyDocument, replicationStatements } from "./policy-statements";

/** The bucket that the children configure. */
export interface ConfiguredBucket extends GrantedBucket {
  /** The name, known before the bucket exists. */
  readonly bucket: string;

  /** What must exist first: object lock and replication need versioning. */
  readonly versioning: ITerraformDependable;
}

/** Creates the optional children of a bucket that the options request. */
export function addRequestedChildren(scope: Construct, bucket: ConfiguredBucket, props: TieredBucketProps): void {
  addObjectLock(scope, bucket, props);
  addReplication(scope, bucket, props);
  addAccessLogs(scope, bucket, props);
  addInventories(scope, bucket, props);
  addNotifications(scope, bucket, props);
  addCors(scope, bucket, props);
}

function addObjectLock(
  scope: Construct,
  { bucket, versioning }: ConfiguredBucket,
  { objectLock, transform }: TieredBucketProps,
): void {
  if (!objectLock) return;
  const defaultRetention = { mode: objectLock.mode.toUpperCase(), days: objectLock.defaultRetention.toDays() };
  const config = { bucket, rule: { defaultRetention }, dependsOn: [versioning] };
  new S3BucketObjectLockConfigurationA(scope, "ObjectLock", applyTransform(config, transform?.objectLock));
}

function addReplication(
  scope: Construct,
  bucket: ConfiguredBucket,
  { replicationRules = [], transform }: TieredBucketProps,
): void {
  if (replicationRules.length === 0) return;
  const role = new IamRole(
    scope,
    "ReplicationRole",
    applyTransform({ namePrefix: "s3-replication-", assumeRolePolicy: assumedByS3() }, transform?.replicationRole),
  );
  const policy = new IamRolePolicy(
    scope,
    "ReplicationRolePolicy",
    applyTransform(
      { name: "replicate", role: role.name, policy: policyDocument(replicationStatements(bucket, replicationRules)) },
      transform?.replicationRolePolicy,
    ),
  );
  const rule = replicationConfigurationRules(replicationRules);
  new S3BucketReplicationConfigurationA(
    scope,
    "Replication",
    applyTransform(
      { bucket: bucket.bucket, role: role.arn, rule, dependsOn: [bucket.versioning, policy] },
      transform?.replication,
    ),
  );
}

function addAccessLogs(
  scope: Construct,
  { bucket }: ConfiguredBucket,
  { accessLogs, transform }: TieredBucketProps,
): void {
  if (!accessLogs) return;
  const config = { bucket, targetBucket: accessLogs.bucketName, targetPrefix: accessLogs.prefix ?? `${bucket}/` };
  new S3BucketLoggingA(scope, "AccessLogs", applyTransform(config, transform?.accessLogs));
}

function addInventories(
  scope: Construct,
  { bucket }: ConfiguredBucket,
  { inventories = [], transform }: TieredBucketProps,
): void {
  for (const inventory of inventories) {
    const config = { bucket, ...inventoryConfig(inventory) };
    new S3BucketInventory(scope, `Inventory-${inventory.id}`, applyTransform(config, transform?.inventory));
  }
}

function addNotifications(
  scope: Construct,
  { bucket, bucketArn }: ConfiguredBucket,
  { notifications = [], eventBridge = false, transform }: TieredBucketProps,
): void {
  if (notifications.length === 0 && !eventBridge) return;
  const functions = notifiedFunctions(notifications);
  // Another account can take the name of a deleted bucket, so the ARN alone does not identify the caller
  // (https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html).
  const sourceAccount = functions.length === 0 ? "" : new DataAwsCallerIdentity(scope, "Account").accountId;
  // S3 checks the permission when the notification is set.
  const permissions = functions.map(
    (functionName, index) =>
      new LambdaPermission(
        scope,
        `LambdaPermission-${index}`,
        applyTransform(
          {
            action: "lambda:InvokeFunction",
            functionName,
            principal: "s3.amazonaws.com",
            sourceArn: bucketArn,
            sourceAccount,
          },
          transform?.lambdaPermission,
        ),
      ),
  );
  const config = {
    bucket,
    eventbridge: eventBridge,
    ...notificationTargets(notifications),
    ...(permissions.length > 0 && { dependsOn: permissions }),
  };
  new S3BucketNotification(scope, "Notifications", applyTransform(config, transform?.notifications));
}

function addCors(
  scope: Construct,
  { bucket }: ConfiguredBucket,
  { corsRules = [], transform }: TieredBucketProps,
): void {
  if (corsRules.length === 0) return;
  const corsRule = corsRules.map((rule) => ({
    allowedOrigins: [...rule.allowedOrigins],
    allowedMethods: [...rule.allowedMethods],
    allowedHeaders: rule.allowedHeaders && [...rule.allowedHeaders],
    exposeHeaders: rule.exposedHeaders && [...rule.exposedHeaders],
    maxAgeSeconds: (rule.maxAge ?? Duration.hours(1)).toSeconds(),
  }));
  new S3BucketCorsConfiguration(scope, "Cors", applyTransform({ bucket, corsRule }, transform?.cors));
}
