import { DataGoogleStorageTransferProjectServiceAccount } from "@cdktf/provider-google/lib/data-google-storage-transfer-project-service-account";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import { StorageTransferJob, type StorageTransferJobConfig } from "@cdktf/provider-google/lib/storage-transfer-job";
import { Construct, type IConstruct } from "constructs";
import { checkProps } from "../../core/check-props";
import { ValidationError } from "../../core/errors";
import { applyTransform, type Transform } from "../../core/refactoring";
import { readObjectsPolicy } from "../../storage/transfer-policies";

/** Properties of a `TransferJob`. */
export interface TransferJobProps {
  /** Bucket in S3 whose objects are copied. */
  readonly sourceBucketName: string;

  /** Bucket in Cloud Storage that gets them. */
  readonly destinationBucketName: string;

  /** First day of the job, UTC: `2027-01-31`. It runs once every day from then on, until it is taken out. */
  readonly startsOn: string;

  /**
   * Beginning of the keys in both buckets, ending with a slash.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Project of the job.
   * @default - the project of the provider
   */
  readonly project?: string;

  /**
   * Changes what is passed to the job.
   * @default - nothing is changed
   */
  readonly transform?: Transform<StorageTransferJobConfig>;
}

/**
 * Copies a bucket of S3 to Cloud Storage by Storage Transfer Service, once a day, without any key: Google's service
 * account assumes a role in AWS that can only read the bucket. It never deletes, in neither bucket.
 *
 * It needs `@cdktf/provider-aws` and an AWS provider in the stack besides Google's.
 *
 * For the first copy of a `BucketTransfer` with `bulk: "managed"`, which compares both buckets and cuts over.
 */
export class TransferJob extends Construct {
  /** The job itself. */
  readonly resource: StorageTransferJob;

  /** @throws ValidationError `InvalidTransferStart`, `ProviderBindingsMissing` */
  constructor(scope: Construct, id: string, props: TransferJobProps) {
    super(scope, id);
    checkProps(this, "google/TransferJobProps", props);
    const { sourceBucketName: sourceBucket, destinationBucketName: targetBucket, prefix, project, transform } = props;
    const scheduleStartDate = startDate(props.startsOn, this);
    const account = new DataGoogleStorageTransferProjectServiceAccount(this, "ServiceAccount", { project });
    const { IamRole, IamRolePolicy } = loadAwsBindings(this);
    const role = new IamRole(this, "Role", { assumeRolePolicy: trustPolicy(account.subjectId) });
    const reading = new IamRolePolicy(this, "Reading", { role: role.id, policy: readObjectsPolicy(sourceBucket) });
    // "Configure access to a sink: Cloud Storage": Legacy Bucket Writer to write and list, Object Viewer to compare.
    const writing = ["roles/storage.legacyBucketWriter", "roles/storage.objectViewer"].map(
      (access, index) =>
        new StorageBucketIamMember(this, index === 0 ? "Writing" : "Comparing", {
          bucket: targetBucket,
          role: access,
          member: `serviceAccount:${account.email}`,
        }),
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
      // Without an end: a job whose only day has passed copies nothing and says nothing
      // (https://github.com/hashicorp/terraform-provider-google/issues/6276).
      schedule: { scheduleStartDate },
      dependsOn: [reading, ...writing],
    };
    this.resource = new StorageTransferJob(this, "Resource", applyTransform(config, transform));
  }
}

/**
 * The role is declared in AWS, so this construct alone of `sterna/google` needs `@cdktf/provider-aws`: it is loaded here,
 * for those who copy within Google Cloud have it not installed.
 */
function loadAwsBindings(
  construct: IConstruct,
): typeof import("@cdktf/provider-aws/lib/iam-role") & typeof import("@cdktf/provider-aws/lib/iam-role-policy") {
  try {
    return {
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
 * The parts of a day.
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
      `\`from\` is "${day}", which is no day; write year, month and day: "2027-01-31"`,
      construct,
    );
  }
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
