import type { BackupRestoreTestingPlanConfig } from "@cdktf/provider-aws/lib/backup-restore-testing-plan";
import type { BackupRestoreTestingSelectionConfig } from "@cdktf/provider-aws/lib/backup-restore-testing-selection";
import type { Duration } from "../core/duration";
import type { Schedule } from "../core/schedule/schedule";
import type { Transform } from "../core/transform";

/**
 * What AWS Backup can restore for a test.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
 */
export type RestorableType =
  "Aurora" | "DocumentDB" | "DynamoDB" | "EBS" | "EC2" | "EFS" | "FSx" | "Neptune" | "RDS" | "S3";

/** Resources of one type whose backups are restored. */
export interface RestoredResources {
  /** Service that they belong to. */
  readonly type: RestorableType;

  /**
   * ARNs of the resources whose backups are restored.
   * @default - all of the type that carry `tags`
   */
  readonly resources?: readonly string[];

  /**
   * Only what carries all of these tags is restored.
   * @default - all of `resources`
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * What a restore is told otherwise than AWS infers, such as the subnet group of a database.
   * @default - what AWS infers from the resource
   */
  readonly restoreMetadata?: Readonly<Record<string, string>>;

  /**
   * How long what was restored stays, so that it can be looked at: 1 to 168 whole hours.
   * @default - it is deleted as soon as the restore is done
   */
  readonly keepRestoredFor?: Duration;
}

/** Options of `RestoreDrill`. */
export interface RestoreDrillProps {
  /** Name of the drill: lower-case letters, digits and hyphens, at most 40. Hyphens become `_`, as AWS wants it. */
  readonly name: string;

  /** When restores begin, in one line of cron. Every restore is billed as such. */
  readonly schedule: Schedule;

  /** What is restored. */
  readonly restore: readonly RestoredResources[];

  /** ARNs of the vaults whose backups are tried. */
  readonly vaultArns: readonly string[];

  /**
   * Which backups may be chosen from: those younger than this, 1 to 365 whole days. The newest is taken.
   * @default Duration.days(7)
   */
  readonly youngerThan?: Duration;

  /**
   * Whether any of the backups in the vaults is taken, by chance, and not the newest.
   * @default false
   */
  readonly random?: boolean;

  /**
   * Within which time after its schedule a restore must begin: 1 to 168 whole hours. AWS picks the moment.
   * @default Duration.hours(8)
   */
  readonly startWindow?: Duration;

  /**
   * ARN of the role that AWS Backup takes.
   * @default - a role of its own with AWS's policies for restore
   */
  readonly roleArn?: string;

  /**
   * Tags of the plan.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes what is passed to the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: RestoreDrillTransform;
}

/** One hook for each resource of `RestoreDrill`. */
export interface RestoreDrillTransform {
  /** The restore testing plan. */
  readonly plan?: Transform<BackupRestoreTestingPlanConfig>;
  /** Every selection. */
  readonly selection?: Transform<BackupRestoreTestingSelectionConfig>;
}
