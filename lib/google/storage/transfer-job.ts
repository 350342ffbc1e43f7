import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import { DataGoogleStorageTransferProjectServiceAccount } from "@cdktf/provider-google/lib/data-google-storage-transfer-project-service-account";
import {
  StorageBucketIamMember,
  type StorageBucketIamMemberConfig,
} from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import { StorageTransferJob, type StorageTransferJobConfig } from "@cdktf/provider-google/lib/storage-transfer-job";
import { Construct, type IConstruct } from "constructs";
import { checkProps } from "../../core/check-props";
import { ValidationError } from "../../core/errors";
import { applyTransform, type Transform } from "../../core/refactoring";
import { validateKmsKeyArn } from "../../storage/kms-key";
import { readObjectsPolicy } from "../../storage/transfer-policies";

/** Properties of a `TransferJob`. */
export interface TransferJobProps {
  /** S3 bucket whose objects are copied. */
  readonly sourceBucketName: string;

  /** Cloud Storage bucket that receives the copies. */
  readonly destinationBucketName: string;

  /**
   * ARN of the KMS key that encrypts the source.
   * @default - the source is encrypted with SSE-S3
   */
  readonly sourceKmsKeyArn?: string;

  /** First day of the job, UTC: `2027-01-31`. The job runs once a day from that day until it is removed. */
  readonly startsOn: string;

  /**
   * Prefix of the keys in both buckets, ending with a slash.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Project of the job.
   * @default - the project of the provider
   */
  readonly project?: string;

  /**
   * Changes the configuration of the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: TransferJobTransform;
}

/** One hook for each resource of `TransferJob`. */
export interface TransferJobTransform {
  /** @default - unchanged */
  readonly job?: Transform<StorageTransferJobConfig>;
  /** @default - unchanged */
  readonly role?: Transform<IamRoleConfig>;
  /** @default - unchanged */
  readonly rolePolicy?: Transform<IamRolePolicyConfig>;
  /** The two grants on the destination. @default - unchanged */
  readonly grant?: Transform<StorageBucketIamMemberConfig>;
}

/**
 * Copies an S3 bucket to Cloud Storage with Storage Transfer Service, once a day, without access keys: Google's service
 * account assumes a role in AWS that can only read the bucket. It deletes nothing in either bucket.
 *
 * Needs `@cdktf/provider-aws` and an AWS provider in the stack, in addition to Google's.
 *
 * For the first copy of a `BucketTransfer` with `bulk: "managed"`, which compares both buckets and cuts over.
 */
export class TransferJob extends Construct {
  /** The transfer job. */
  readonly resource: StorageTransferJob;

  /** @throws ValidationError `InvalidTransferStart`, `InvalidKmsKeyArn`, `ProviderBindingsMissing` */
  constructor(scope: Construct, id: string, props: TransferJobProps) {
    super(scope, id);
    checkProps(this, "google/TransferJobProps", props);
    const {
      sourceBucketName: sourceBucket,
      destinationBucketName: targetBucket,
      prefix,
      project,
      transform = {},
    } = props;
    validateKmsKeyArn(props.sourceKmsKeyArn, "sourceKmsKeyArn", this);
    const scheduleStartDate = startDate(props.startsOn, this);
    const account = new DataGoogleStorageTransferProjectServiceAccount(this, "ServiceAccount", { project });
    const { IamRole, IamRolePolicy, DataAwsPartition } = loadAwsBindings(this);
    const role = new IamRole(
      this,
      "Role",
      applyTransform({ assumeRolePolicy: trustPolicy(account.subjectId) }, transform.role),
    );
    const { partition } = new DataAwsPartition(this, "Partition");
    const policy = readObjectsPolicy({ bucketName: sourceBucket, partition, kmsKeyArn: props.sourceKmsKeyArn });
    const reading = new IamRolePolicy(this, "Reading", applyTransform({ role: role.id, policy }, transform.rolePolicy));
    // "Configure access to a sink: Cloud Storage": Legacy Bucket Writer to write and list, Object Viewer to compare.
    const writing = ["roles/storage.legacyBucketWriter", "roles/storage.objectViewer"].map(
      (access, index) =>
        new StorageBucketIamMember(
          this,
          index === 0 ? "Writing" : "Comparing",
          applyTransform(
            { bucket: targetBucket, role: access, member: `serviceAccount:${account.email}` },
            transform.grant,
          ),
        ),
    );
    const config: StorageTransferJobConfig = {
      description: `${sourceBucket} to ${targetBucket}`,
      project,
      transferSpec: {
        awsS3DataSource: { bucketName: sourceBucket, path: prefix, roleArn: role.arn },
        gcsDataSink: { bucketName: targetBucket, path: prefix },
        transferOptions: {
          overwriteWhen: "DIFFERENT",
          deleteObjectsFromSourceAfterTransfer: false,
          deleteObjectsUniqueInSink: false,
        },
      },
      // No end date: a job whose only day has passed copies nothing and reports no error
      // (https://github.com/hashicorp/terraform-provider-google/issues/6276).
      schedule: { scheduleStartDate },
      dependsOn: [reading, ...writing],
    };
    this.resource = new StorageTransferJob(this, "Resource", applyTransform(config, transform.job));
  }
}

/**
 * The role is declared in AWS, so this is the only construct in `sterna/google` that needs `@cdktf/provider-aws`. It is
 * loaded here, because users who copy within Google Cloud do not have it installed.
 */
function loadAwsBindings(
  construct: IConstruct,
): typeof import("@cdktf/provider-aws/lib/iam-role") &
  typeof import("@cdktf/provider-aws/lib/iam-role-policy") &
  typeof import("@cdktf/provider-aws/lib/data-aws-partition") {
  try {
    return {
      ...(require("@cdktf/provider-aws/lib/data-aws-partition") as typeof import("@cdktf/provider-aws/lib/data-aws-partition")),
      ...(require("@cdktf/provider-aws/lib/iam-role") as typeof import("@cdktf/provider-aws/lib/iam-role")),
      ...(require("@cdktf/provider-aws/lib/iam-role-policy") as typeof import("@cdktf/provider-aws/lib/iam-role-policy")),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new ValidationError(
      "ProviderBindingsMissing",
      "a TransferJob declares a role in AWS, and @cdktf/provider-aws is not installed; run: npm install @cdktf/provider-aws",
      construct,
    );
  }
}

/** Source: Storage Transfer Service, "Configure access to a source: Amazon S3", federated identity. */
function trustPolicy(subjectId: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "accounts.google.com" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { "accounts.google.com:sub": subjectId } },
      },
    ],
  });
}

/**
 * The year, month and day of a date.
 *
 * @param day `2027-01-31`
 * @throws ValidationError `InvalidTransferStart`
 */
function startDate(day: string, construct: IConstruct): { year: number; month: number; day: number } {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  const date = new Date(time);
  if (Number.isNaN(time) || date.toISOString().slice(0, 10) !== day) {
    throw new ValidationError(
      "InvalidTransferStart",
      `startsOn is "${day}", which is not a date. Write year, month and day, such as "2027-01-31".`,
      construct,
    );
  }
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
