import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { DatasyncLocationS3, type DatasyncLocationS3Config } from "@cdktf/provider-aws/lib/datasync-location-s3";
import { DatasyncTask, type DatasyncTaskConfig } from "@cdktf/provider-aws/lib/datasync-task";
import { IamRole, type IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy, type IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { Duration } from "../../core/duration";
import { collect, ValidationError } from "../../core/errors";
import { checkProps } from "../../core/check-props";
import { applyTransform, type Transform } from "../../core/refactoring";
import { Schedule } from "../../schedule/schedule";
import { readObjectsPolicy, type TransferredBucket, writeObjectsPolicy } from "../../storage/transfer-policies";
import { validateKmsKeyArn } from "../../storage/kms-key";

/** Properties of a `DataSyncTask`. */
export interface DataSyncTaskProps {
  /** S3 bucket whose objects are copied. A change replaces the task. */
  readonly sourceBucketName: string;

  /** S3 bucket that receives the copies. A change replaces the task. */
  readonly destinationBucketName: string;

  /**
   * ARN of the KMS key that encrypts the source. The key must be in the account of the task, or its policy must allow
   * the role.
   * @default - the source is encrypted with SSE-S3
   */
  readonly sourceKmsKeyArn?: string;

  /**
   * ARN of the KMS key that encrypts the destination. The key must be in the account of the task, or its policy must
   * allow the role.
   * @default - the destination is encrypted with SSE-S3
   */
  readonly destinationKmsKeyArn?: string;

  /**
   * Prefix of the keys in both buckets, ending with a slash. A change replaces the task.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Whether object tags are copied.
   * @default true
   */
  readonly copyObjectTags?: boolean;

  /**
   * When the task runs, at most once an hour, in UTC. AWS: `ScheduleExpression`.
   * @default Schedule.aws("rate(1 day)")
   */
  readonly schedule?: Schedule;

  /**
   * Changes the configuration of the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: DataSyncTaskTransform;
}

/** One hook for each resource of `DataSyncTask`. */
export interface DataSyncTaskTransform {
  /** @default - unchanged */
  readonly task?: Transform<DatasyncTaskConfig>;
  /** @default - unchanged */
  readonly sourceLocation?: Transform<DatasyncLocationS3Config>;
  /** @default - unchanged */
  readonly sourceRole?: Transform<IamRoleConfig>;
  /** @default - unchanged */
  readonly sourceRolePolicy?: Transform<IamRolePolicyConfig>;
  /** @default - unchanged */
  readonly destinationLocation?: Transform<DatasyncLocationS3Config>;
  /** @default - unchanged */
  readonly destinationRole?: Transform<IamRoleConfig>;
  /** @default - unchanged */
  readonly destinationRolePolicy?: Transform<IamRolePolicyConfig>;
}

/** Options of one of the two locations. */
interface Location {
  readonly bucket: TransferredBucket;
  readonly policy: string;
  readonly prefix: string | undefined;
  readonly transform: readonly [
    Transform<DatasyncLocationS3Config> | undefined,
    Transform<IamRoleConfig> | undefined,
    Transform<IamRolePolicyConfig> | undefined,
  ];
}

/**
 * Copies an S3 bucket to another with DataSync. It verifies the copies, and deletes nothing in either bucket.
 *
 * For the first copy of a `BucketTransfer` with `bulk: "managed"`, which compares both buckets and cuts over.
 */
export class DataSyncTask extends Construct {
  /** The task. */
  readonly resource: DatasyncTask;

  /**
   * @throws ValidationError `InvalidKmsKeyArn`, `ScheduleUntranslatable`, `ScheduleZoneUnsupported`, `ScheduleTooFrequent`
   */
  constructor(scope: Construct, id: string, props: DataSyncTaskProps) {
    super(scope, id);
    checkProps(this, "aws/DataSyncTaskProps", props);
    const {
      sourceBucketName: sourceBucket,
      destinationBucketName: targetBucket,
      copyObjectTags: tags = true,
      schedule = Schedule.aws("rate(1 day)"),
      prefix,
      transform = {},
    } = props;
    collect(this, () => {
      validateKmsKeyArn(props.sourceKmsKeyArn, "sourceKmsKeyArn", this);
      validateKmsKeyArn(props.destinationKmsKeyArn, "destinationKmsKeyArn", this);
    });
    const { partition } = new DataAwsPartition(this, "Partition");
    const trust = trustPolicy(partition, new DataAwsCallerIdentity(this, "Account").accountId);
    const from = { bucketName: sourceBucket, partition, kmsKeyArn: props.sourceKmsKeyArn };
    const to = { bucketName: targetBucket, partition, kmsKeyArn: props.destinationKmsKeyArn };
    const source = this.addLocation("Source", trust, {
      bucket: from,
      policy: readObjectsPolicy(from),
      prefix,
      transform: [transform.sourceLocation, transform.sourceRole, transform.sourceRolePolicy],
    });
    const target = this.addLocation("Target", trust, {
      bucket: to,
      policy: writeObjectsPolicy(to),
      prefix,
      transform: [transform.destinationLocation, transform.destinationRole, transform.destinationRolePolicy],
    });
    const config: DatasyncTaskConfig = {
      name: `${sourceBucket}-to-${targetBucket}`,
      sourceLocationArn: source.arn,
      destinationLocationArn: target.arn,
      options: {
        transferMode: "CHANGED",
        overwriteMode: "ALWAYS",
        preserveDeletedFiles: "PRESERVE",
        verifyMode: "ONLY_FILES_TRANSFERRED",
        objectTags: tags ? "PRESERVE" : "NONE",
        // Only applies to directories, which S3 does not have ("Configuring how to handle files, objects, and
        // metadata").
        posixPermissions: "NONE",
        uid: "NONE",
        gid: "NONE",
      },
      schedule: { scheduleExpression: scheduleExpression(schedule, this) },
    };
    this.resource = new DatasyncTask(this, "Resource", applyTransform(config, transform.task));
  }

  private addLocation(name: "Source" | "Target", assumeRolePolicy: string, location: Location): DatasyncLocationS3 {
    const { bucket, policy, prefix, transform } = location;
    const role = new IamRole(this, `${name}Role`, applyTransform({ assumeRolePolicy }, transform[1]));
    const access = new IamRolePolicy(this, `${name}Access`, applyTransform({ role: role.id, policy }, transform[2]));
    const config: DatasyncLocationS3Config = {
      s3BucketArn: `arn:${bucket.partition}:s3:::${bucket.bucketName}`,
      subdirectory: `/${prefix ?? ""}`,
      s3Config: { bucketAccessRoleArn: role.arn },
      // DataSync reads the bucket when the location is created.
      dependsOn: [access],
    };
    return new DatasyncLocationS3(this, name, applyTransform(config, transform[0]));
  }
}

const SHORTEST_DISTANCE = Duration.hours(1);

/**
 * A schedule in the form that DataSync expects: one expression, written as for an EventBridge rule.
 *
 * @see https://docs.aws.amazon.com/datasync/latest/userguide/task-scheduling.html
 */
function scheduleExpression(schedule: Schedule, construct: Construct): string {
  const { lines } = ValidationError.locate(construct, () => schedule.for("eventbridge-rule"));
  if (lines.length !== 1) {
    throw new ValidationError(
      "ScheduleUntranslatable",
      `a DataSync task takes one schedule expression, and "${schedule.source}" takes ${lines.length}: ${lines.join(" ")}. ` +
        'Write a schedule that is one expression, such as Schedule.daily({ at: "02:00" })',
      construct,
    );
  }
  const distance = schedule.shortestDistance();
  if (distance.toSeconds({ integral: false }) < SHORTEST_DISTANCE.toSeconds()) {
    throw new ValidationError(
      "ScheduleTooFrequent",
      `"${schedule.source}" runs every ${distance}; DataSync runs a task at most once an hour. ` +
        "Write Schedule.every(Duration.hours(1))",
      construct,
    );
  }
  return lines[0]!;
}

/** @see https://docs.aws.amazon.com/datasync/latest/userguide/cross-service-confused-deputy-prevention.html */
function trustPolicy(partition: string, account: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "datasync.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": account },
          ArnLike: { "aws:SourceArn": `arn:${partition}:datasync:*:${account}:*` },
        },
      },
    ],
  });
}
