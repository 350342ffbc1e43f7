import { DatasyncLocationS3 } from "@cdktf/provider-aws/lib/datasync-location-s3";
import { DatasyncTask, type DatasyncTaskConfig } from "@cdktf/provider-aws/lib/datasync-task";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { Duration } from "../../core/duration";
import { ValidationError } from "../../core/errors";
import { checkProps } from "../../core/check-props";
import { applyTransform, type Transform } from "../../core/refactoring";
import { Schedule } from "../../schedule/schedule";
import { readObjectsPolicy, writeObjectsPolicy } from "../../storage/transfer-policies";

/** Properties of a `DataSyncTask`. */
export interface DataSyncTaskProps {
  /** Bucket in S3 whose objects are copied. */
  readonly sourceBucketName: string;

  /** Bucket in S3 that gets them. */
  readonly destinationBucketName: string;

  /**
   * Beginning of the keys in both buckets, ending with a slash.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Whether tags of objects are copied.
   * @default true
   */
  readonly copyObjectTags?: boolean;

  /**
   * When the task runs, at most once an hour, by the clock of UTC. AWS: `ScheduleExpression`.
   * @default Schedule.aws("rate(1 day)")
   */
  readonly schedule?: Schedule;

  /**
   * Changes what is passed to the task.
   * @default - nothing is changed
   */
  readonly transform?: Transform<DatasyncTaskConfig>;
}

/**
 * Copies a bucket of S3 to another one by DataSync. It checks what it copied, and never deletes, in neither bucket.
 *
 * For the first copy of a `BucketTransfer` with `bulk: "managed"`, which compares both buckets and cuts over.
 */
export class DataSyncTask extends Construct {
  /** The task itself. */
  readonly resource: DatasyncTask;

  /** @throws ValidationError `ScheduleUntranslatable`, `ScheduleZoneUnsupported`, `ScheduleTooFrequent` */
  constructor(scope: Construct, id: string, props: DataSyncTaskProps) {
    super(scope, id);
    checkProps(this, "aws/DataSyncTaskProps", props);
    const {
      sourceBucketName: sourceBucket,
      destinationBucketName: targetBucket,
      copyObjectTags: tags = true,
      schedule = Schedule.aws("rate(1 day)"),
      transform,
    } = props;
    const source = this.addLocation("Source", sourceBucket, props.prefix, readObjectsPolicy(sourceBucket));
    const target = this.addLocation("Target", targetBucket, props.prefix, writeObjectsPolicy(targetBucket));
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
        // Of directories only; S3 has none of them ("Configuring how to handle files, objects, and metadata").
        posixPermissions: "NONE",
        uid: "NONE",
        gid: "NONE",
      },
      schedule: { scheduleExpression: scheduleExpression(schedule, this) },
    };
    this.resource = new DatasyncTask(this, "Resource", applyTransform(config, transform));
  }

  private addLocation(name: "Source" | "Target", bucket: string, prefix: string | undefined, policy: string) {
    const role = new IamRole(this, `${name}Role`, { assumeRolePolicy: TRUST_POLICY });
    const access = new IamRolePolicy(this, `${name}Access`, { role: role.id, policy });
    return new DatasyncLocationS3(this, name, {
      s3BucketArn: `arn:aws:s3:::${bucket}`,
      subdirectory: `/${prefix ?? ""}`,
      s3Config: { bucketAccessRoleArn: role.arn },
      // DataSync looks into the bucket when the location is made.
      dependsOn: [access],
    });
  }
}

const SHORTEST_DISTANCE = Duration.hours(1);

/**
 * A schedule as DataSync takes it: one expression, written as for a rule of EventBridge.
 *
 * @see https://docs.aws.amazon.com/datasync/latest/userguide/task-scheduling.html
 */
function scheduleExpression(schedule: Schedule, construct: Construct): string {
  const { lines } = ValidationError.locate(construct, () => schedule.for("eventbridge-rule"));
  if (lines.length !== 1) {
    throw new ValidationError(
      "ScheduleUntranslatable",
      `a task of DataSync has one schedule, and "${schedule.source}" takes ${lines.length}: ${lines.join(" ")}. ` +
        'Write a schedule that is one expression, such as Schedule.daily({ at: "02:00" })',
      construct,
    );
  }
  const distance = schedule.shortestDistance();
  if (distance.toSeconds({ integral: false }) < SHORTEST_DISTANCE.toSeconds()) {
    throw new ValidationError(
      "ScheduleTooFrequent",
      `"${schedule.source}" comes every ${distance}; DataSync runs a task at most once an hour. ` +
        "Write Schedule.every(Duration.hours(1))",
      construct,
    );
  }
  return lines[0]!;
}

const TRUST_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "datasync.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
