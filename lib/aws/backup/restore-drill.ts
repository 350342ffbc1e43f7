import {
  type BackupRestoreTestingPlanConfig,
  BackupRestoreTestingPlan,
} from "@cdktf/provider-aws/lib/backup-restore-testing-plan";
import {
  type BackupRestoreTestingSelectionConfig,
  BackupRestoreTestingSelection,
} from "@cdktf/provider-aws/lib/backup-restore-testing-selection";
import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { type Transform, applyTransform, refuseUnusedTransforms } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import type { Schedule } from "../../schedule/schedule";
import type { ScheduleForm } from "../../schedule/targets";
import { allowInstanceRoles, serviceRole } from "./service-role";

/**
 * Resource types that AWS Backup can restore for a test.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
 */
export type RestorableType =
  "Aurora" | "DocumentDB" | "DynamoDB" | "EBS" | "EC2" | "EFS" | "FSx" | "Neptune" | "RDS" | "S3";

/** Resources of one type whose backups are restored. */
export interface RestoredResources {
  /** Service of the resources. */
  readonly type: RestorableType;

  /**
   * ARNs of up to 30 resources whose backups are restored. AWS accepts either `resources` or `tags`.
   * @default - all of the type that have the `tags`, or all of the type without `tags`
   */
  readonly resources?: readonly string[];

  /**
   * Restores only backups of resources with all of these tags. AWS accepts either `resources` or `tags`.
   * @default - all of `resources`
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Restore settings that override what AWS infers, such as the subnet group of a database.
   * @default - what AWS infers from the resource
   */
  readonly restoreMetadata?: Readonly<Record<string, string>>;

  /**
   * How long restored resources are kept for inspection: 1 to 168 whole hours.
   * @default - deleted as soon as the restore completes
   */
  readonly keepRestoredFor?: Duration;
}

/** Options of `RestoreDrill`. */
export interface RestoreDrillProps {
  /**
   * Name of the drill: 2 to 50 letters, digits, hyphens and underscores. Hyphens become `_`, since AWS accepts no
   * hyphens here.
   */
  readonly name: string;

  /** When restores begin, as a single cron expression. AWS bills every restore. */
  readonly schedule: Schedule;

  /** What is restored. */
  readonly restore: readonly RestoredResources[];

  /** ARNs of the vaults whose backups are tested. */
  readonly vaultArns: readonly string[];

  /**
   * Maximum age of the backups to choose from: 1 to 365 whole days. The newest is restored.
   * @default Duration.days(7)
   */
  readonly youngerThan?: Duration;

  /**
   * Whether a random backup in the vaults is restored instead of the newest.
   * @default false
   */
  readonly random?: boolean;

  /**
   * Time after the scheduled start within which a restore must begin: 1 to 168 whole hours. AWS picks the moment.
   * @default Duration.hours(8)
   */
  readonly startWindow?: Duration;

  /**
   * ARN of the role that AWS Backup assumes.
   * @default - a new role with AWS's policies for restore
   */
  readonly roleArn?: string;

  /**
   * ARNs of the EC2 instance roles that a restore may assign to the instances that it creates.
   * @default - none: an instance with a role cannot be restored with it
   */
  readonly instanceRoleArns?: readonly string[];

  /**
   * Tags of the plan.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
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
  /** @default - unchanged */
  readonly role?: Transform<IamRoleConfig>;
  /** The policy for `instanceRoleArns`. @default - unchanged */
  readonly rolePolicy?: Transform<IamRolePolicyConfig>;
}

const RESTORE_POLICY = "service-role/AWSBackupServiceRolePolicyForRestores";
const S3_RESTORE_POLICY = "AWSBackupServiceRolePolicyForS3Restore";

/** @see https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreTestingSelectionForCreate.html */
const MOST_RESOURCES = 30;
const LONGEST_NAME = 50;

/**
 * Restores AWS Backup backups on a schedule, into resources that AWS creates for the drill and deletes afterwards. AWS
 * reports only whether the restore succeeded. For backups taken by `sterna backup run`, use `sterna backup drill`,
 * which also compares the restored data.
 *
 * Emits `aws_backup_restore_testing_plan`, one `aws_backup_restore_testing_selection` for each entry of `restore` and,
 * unless given, an `aws_iam_role`.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
 */
export class RestoreDrill extends Construct {
  /** The restore testing plan. */
  readonly resource: BackupRestoreTestingPlan;

  /** @throws ValidationError `InvalidRestoreDrill`, `InvalidBackupTimer` for the name, and those of the schedule */
  constructor(scope: Construct, id: string, props: RestoreDrillProps) {
    super(scope, id);
    checkProps(this, "aws/RestoreDrillProps", props);
    const form = collect(this, () => {
      checkTimerName(props.name, this);
      this.validateSelections(props);
      this.validateRole(props);
      this.validateTimes(props);
      const placed = placeSchedule(props.schedule, "aws-backup", this);
      if (placed.lines.length > 1) {
        this.refuse(
          `a restore testing plan has one line of cron, and ${props.schedule.source} needs ${placed.lines.length}`,
        );
      }
      return placed;
    });
    this.resource = this.addPlan(props, form);
    const roleArn = props.roleArn ?? this.addRole(props);
    props.restore.forEach((resources, index) => this.addSelection(resources, index, roleArn, props));
  }

  private addPlan(props: RestoreDrillProps, { lines, zone }: ScheduleForm): BackupRestoreTestingPlan {
    const {
      vaultArns,
      youngerThan = Duration.days(7),
      random,
      startWindow = Duration.hours(8),
      tags,
      transform,
    } = props;
    const config = {
      name: awsName(props.name),
      scheduleExpression: lines[0]!,
      scheduleExpressionTimezone: zone,
      startWindowHours: startWindow.toHours({ integral: false }),
      tags,
      recoveryPointSelection: [
        {
          algorithm: random ? "RANDOM_WITHIN_WINDOW" : "LATEST_WITHIN_WINDOW",
          includeVaults: [...vaultArns],
          recoveryPointTypes: ["SNAPSHOT", "CONTINUOUS"],
          selectionWindowDays: youngerThan.toDays({ integral: false }),
        },
      ],
    };
    return new BackupRestoreTestingPlan(this, "Resource", applyTransform(config, transform?.plan));
  }

  private addRole({ restore, instanceRoleArns, transform }: RestoreDrillProps): string {
    const buckets = restore.some(({ type }) => type === "S3");
    const role = serviceRole(this, "Role", {
      service: "backup.amazonaws.com",
      managedPolicies: buckets ? [RESTORE_POLICY, S3_RESTORE_POLICY] : [RESTORE_POLICY],
      transform: transform?.role,
    });
    allowInstanceRoles(this, role, instanceRoleArns, transform?.rolePolicy);
    return role.arn;
  }

  private addSelection(
    { type, resources, tags = {}, restoreMetadata, keepRestoredFor }: RestoredResources,
    index: number,
    iamRoleArn: string,
    { name, transform }: RestoreDrillProps,
  ): void {
    const conditions = Object.entries(tags).map(([key, value]) => ({ key: `aws:ResourceTag/${key}`, value }));
    const suffix = `-${type.toLowerCase()}-${index + 1}`;
    const config = {
      name: awsName(name.slice(0, LONGEST_NAME - suffix.length) + suffix),
      restoreTestingPlanName: this.resource.name,
      iamRoleArn,
      protectedResourceType: type,
      // AWS requires exactly one of them. An ARN of "*" counts.
      ...(conditions.length > 0
        ? { protectedResourceConditions: [{ stringEquals: conditions }] }
        : { protectedResourceArns: resources ? [...resources] : ["*"] }),
      restoreMetadataOverrides: restoreMetadata && { ...restoreMetadata },
      validationWindowHours: keepRestoredFor?.toHours({ integral: false }),
    };
    const selection = applyTransform(config, transform?.selection);
    new BackupRestoreTestingSelection(this, `Selection${index + 1}`, selection);
  }

  private validateRole({ roleArn, instanceRoleArns, transform }: RestoreDrillProps): void {
    const given = roleArn !== undefined && "roleArn names a role that exists already";
    const noPolicy = instanceRoleArns === undefined && "there are no instanceRoleArns";
    refuseUnusedTransforms(this, transform, { role: given, rolePolicy: given || noPolicy });
    if (roleArn === undefined || instanceRoleArns === undefined) return;
    this.refuse("instanceRoleArns is for the role of this drill, and roleArn names another one; keep one of them");
  }

  private validateSelections({ restore, vaultArns }: RestoreDrillProps): void {
    if (restore.length === 0) this.refuse("restore is empty, so nothing would be restored and no drill could fail");
    if (vaultArns.length === 0)
      this.refuse("vaultArns is empty; name the vault of the backups, such as timer.vaultArn");
    const none = restore.find(({ resources }) => resources?.length === 0);
    if (none) this.refuse(`resources of ${none.type} is empty; leave it out to restore all that carry the tags`);
    for (const { type, resources = [], tags = {} } of restore) {
      if (resources.length > 0 && Object.keys(tags).length > 0) {
        this.refuse(
          `${type} is selected by resources and by tags, and AWS Backup takes one of them; write two entries`,
        );
      }
      if (!isUnresolved(resources) && resources.length > MOST_RESOURCES) {
        this.refuse(
          `resources of ${type} lists ${resources.length} ARNs, and AWS Backup takes ${MOST_RESOURCES}; write several entries`,
        );
      }
    }
  }

  private validateTimes({ startWindow, youngerThan, restore }: RestoreDrillProps): void {
    this.checkRange(startWindow?.toHours({ integral: false }), "startWindow", 168, "hours");
    this.checkRange(youngerThan?.toDays({ integral: false }), "youngerThan", 365, "days");
    for (const { keepRestoredFor } of restore) {
      this.checkRange(keepRestoredFor?.toHours({ integral: false }), "keepRestoredFor", 168, "hours");
    }
  }

  /** AWS Backup accepts whole numbers from 1. */
  private checkRange(value: number | undefined, option: string, most: number, unit: string): void {
    if (value === undefined || isUnresolved(value) || (Number.isInteger(value) && value >= 1 && value <= most)) return;
    this.refuse(`${option} is ${value} ${unit}; AWS Backup takes 1 to ${most}, in whole ${unit}`);
  }

  private refuse(message: string): void {
    report(this, "InvalidRestoreDrill", message);
  }
}

/** Names in restore testing allow letters, digits and underscores only (API reference, CreateRestoreTestingPlan). */
function awsName(name: string): string {
  return name.replaceAll("-", "_");
}
