import {
  type BackupRestoreTestingPlanConfig,
  BackupRestoreTestingPlan,
} from "@cdktf/provider-aws/lib/backup-restore-testing-plan";
import {
  type BackupRestoreTestingSelectionConfig,
  BackupRestoreTestingSelection,
} from "@cdktf/provider-aws/lib/backup-restore-testing-selection";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Construct } from "constructs";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { type Transform, applyTransform } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import type { Schedule } from "../../schedule/schedule";
import type { ScheduleForm } from "../../schedule/targets";
import { serviceRole } from "./service-role";

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

const RESTORE_POLICY = "AWSBackupServiceRolePolicyForRestores";
/** Not among the policies for service roles, unlike all others. */
const S3_RESTORE_POLICY_ARN = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Restore";

/**
 * Restores backups of AWS Backup on a schedule, into resources that AWS makes for it and deletes again: a backup that
 * nobody ever restored is a hope. For backups that `sterna backup run` takes, run `sterna backup drill`, which also
 * compares what came back; AWS tells only whether the restore itself ended well.
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

  private addRole({ restore }: RestoreDrillProps): string {
    const role = serviceRole(this, "Role", "backup.amazonaws.com", [RESTORE_POLICY]);
    if (restore.some(({ type }) => type === "S3")) {
      new IamRolePolicyAttachment(this, "S3RestorePolicy", { role: role.name, policyArn: S3_RESTORE_POLICY_ARN });
    }
    return role.arn;
  }

  private addSelection(
    { type, resources, tags = {}, restoreMetadata, keepRestoredFor }: RestoredResources,
    index: number,
    iamRoleArn: string,
    { name, transform }: RestoreDrillProps,
  ): void {
    const conditions = Object.entries(tags).map(([key, value]) => ({ key: `aws:ResourceTag/${key}`, value }));
    const config = {
      name: awsName(`${name}-${type.toLowerCase()}-${index + 1}`),
      restoreTestingPlanName: this.resource.name,
      iamRoleArn,
      protectedResourceType: type,
      protectedResourceArns: resources ? [...resources] : ["*"],
      ...(conditions.length > 0 && { protectedResourceConditions: [{ stringEquals: conditions }] }),
      restoreMetadataOverrides: restoreMetadata && { ...restoreMetadata },
      validationWindowHours: keepRestoredFor?.toHours({ integral: false }),
    };
    const selection = applyTransform(config, transform?.selection);
    new BackupRestoreTestingSelection(this, `Selection${index + 1}`, selection);
  }

  private validateSelections({ restore, vaultArns }: RestoreDrillProps): void {
    if (restore.length === 0) this.refuse("restore is empty, so nothing would be tried, and no drill would ever fail");
    if (vaultArns.length === 0)
      this.refuse("vaultArns is empty; name the vault of the backups, such as timer.vaultArn");
    const none = restore.find(({ resources }) => resources?.length === 0);
    if (none) this.refuse(`resources of ${none.type} is empty; leave it out to restore all that carry the tags`);
  }

  private validateTimes({ startWindow, youngerThan, restore }: RestoreDrillProps): void {
    this.checkRange(startWindow?.toHours({ integral: false }), "startWindow", 168, "hours");
    this.checkRange(youngerThan?.toDays({ integral: false }), "youngerThan", 365, "days");
    for (const { keepRestoredFor } of restore) {
      this.checkRange(keepRestoredFor?.toHours({ integral: false }), "keepRestoredFor", 168, "hours");
    }
  }

  /** AWS Backup takes whole numbers from 1 on. */
  private checkRange(value: number | undefined, option: string, most: number, unit: string): void {
    if (value === undefined || isUnresolved(value) || (Number.isInteger(value) && value >= 1 && value <= most)) return;
    this.refuse(`${option} is ${value} ${unit}; AWS Backup takes 1 to ${most}, in whole ${unit}`);
  }

  private refuse(message: string): void {
    report(this, "InvalidRestoreDrill", message);
  }
}

/** Names of restore testing have letters, digits and underscores only (API reference, CreateRestoreTestingPlan). */
function awsName(name: string): string {
  return name.replaceAll("-", "_");
}
