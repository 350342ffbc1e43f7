import { BackupPlan, type BackupPlanRule } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { BackupVaultLockConfiguration } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import { DataAwsBackupVault } from "@cdktf/provider-aws/lib/data-aws-backup-vault";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Construct, type IConstruct } from "constructs";
import { acknowledgement, isAcknowledged, validateAcknowledgements } from "../../core/acknowledge";
import type { ScheduleForm } from "../../schedule/targets";
import { checkProps } from "../../core/check-props";
import { applyTransform, refuseUnusedTransforms } from "../../core/refactoring";
import { BackupJobAlarms, checkTopics } from "./backup-alarms";
import type { BackupTimerProps, BackupCopy, VaultLock } from "./backup-timer-props";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { allowInstanceRoles, serviceRole } from "./service-role";
import { type DayRule, Duration, wholeDays } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";

/**
 * The policies for S3 are separate, and are required to back up buckets.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html#s3-permissions
 */
const BACKUP_POLICIES = [
  "service-role/AWSBackupServiceRolePolicyForBackup",
  "service-role/AWSBackupServiceRolePolicyForRestores",
];
const S3_POLICIES = ["AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore"];

/**
 * Backs up AWS resources on a schedule with AWS Backup: a vault with its own lock and key, a plan, a selection, copies
 * to other vaults, and alarms for failed and missing backups.
 *
 * Emits `aws_backup_vault`, `aws_backup_vault_lock_configuration`, `aws_backup_plan`, `aws_backup_selection` and,
 * unless given, `aws_kms_key` and `aws_iam_role`. AWS does not catch up on missed runs. It begins at any moment within
 * `startWindow`, which serves as jitter. AWS itself refuses to delete a vault that still holds backups.
 */
export class BackupTimer extends Construct {
  /** The vault of this timer. Undefined with `vaultName`. */
  readonly vault?: BackupVault;

  /** Name of the vault that the backups go to. */
  readonly vaultName: string;

  /** ARN of that vault, for policies and for copies to it. */
  readonly vaultArn: string;

  /** The plan. Its rules contain the schedule. */
  readonly resource: BackupPlan;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: BackupTimerProps) {
    super(scope, id);
    checkProps(this, "aws/BackupTimerProps", props);
    const { numbers, form } = collect(this, () => ({
      numbers: validateBackupTimer(props, this),
      form: placeSchedule(props.schedule, "aws-backup", this),
    }));
    if (props.vaultName === undefined) {
      this.vault = this.addVault(props);
      ({ name: this.vaultName, arn: this.vaultArn } = this.vault);
      this.addLock(props, this.vault, numbers);
    } else {
      ({ name: this.vaultName, arn: this.vaultArn } = new DataAwsBackupVault(this, "Vault", { name: props.vaultName }));
    }
    this.resource = this.addPlan(props, form, numbers);
    this.addSelection(props);
    if (props.alarmTopicArns !== undefined) {
      const { name, schedule, alarmTopicArns: topicArns, transform } = props;
      const { vaultName } = this;
      new BackupJobAlarms(this, "Alarms", { name, topicArns, schedule, vaultName, transform });
    }
  }

  private addVault({ name, kmsKeyArn, acknowledge, tags, transform }: BackupTimerProps): BackupVault {
    const keyArn =
      kmsKeyArn ??
      new KmsKey(
        this,
        "Key",
        applyTransform(
          {
            description: `Backups of ${name}`,
            enableKeyRotation: true,
            deletionWindowInDays: 30,
            tags,
            // Without the key, no backup can be decrypted.
            lifecycle: { preventDestroy: !isAcknowledged(acknowledge, "DestroyWithoutReason") },
          },
          transform?.key,
        ),
      ).arn;
    const config = {
      name,
      kmsKeyArn: keyArn,
      tags,
      lifecycle: { preventDestroy: !isAcknowledged(acknowledge, "DestroyWithoutReason") },
    };
    return new BackupVault(this, "Vault", applyTransform(config, transform?.vault));
  }

  private addLock({ lock, transform }: BackupTimerProps, vault: BackupVault, { keepDays }: BackupNumbers): void {
    const config = {
      backupVaultName: vault.name,
      minRetentionDays: lock?.minimumRetention?.toDays() ?? keepDays,
      maxRetentionDays: lock?.maximumRetention?.toDays(),
      // Without this setting, the lock is in governance mode.
      changeableForDays: lock?.mode === "compliance" ? (lock.coolingOff?.toDays() ?? 3) : undefined,
    };
    new BackupVaultLockConfiguration(this, "Lock", applyTransform(config, transform?.lock));
  }

  private addPlan(props: BackupTimerProps, form: ScheduleForm, numbers: BackupNumbers): BackupPlan {
    const { name, tags, transform } = props;
    const rule = form.lines.map((schedule, index) => ({
      ...this.ruleOf(props, numbers),
      // AWS accepts 50 characters.
      ruleName: form.lines.length === 1 ? name : `${name.slice(0, 47)}-${index + 1}`,
      schedule,
      scheduleExpressionTimezone: form.zone,
    }));
    return new BackupPlan(this, "Resource", applyTransform({ name, tags, rule }, transform?.plan));
  }

  private ruleOf(
    { copies = [], continuous, tags }: BackupTimerProps,
    { keepDays, coldDays, startMinutes, completionMinutes }: BackupNumbers,
  ): Omit<BackupPlanRule, "ruleName"> {
    return {
      targetVaultName: this.vaultName,
      startWindow: startMinutes,
      completionWindow: completionMinutes,
      enableContinuousBackup: continuous || undefined,
      recoveryPointTags: tags,
      lifecycle: { deleteAfter: keepDays, coldStorageAfter: coldDays },
      copyAction: copies.map(({ vaultArn, retention }) => ({
        destinationVaultArn: vaultArn,
        lifecycle: { deleteAfter: retention?.toDays() ?? keepDays },
      })),
    };
  }

  private addRole({ resources, instanceRoleArns, transform }: BackupTimerProps): string {
    const role = serviceRole(this, "Role", {
      service: "backup.amazonaws.com",
      managedPolicies: [...BACKUP_POLICIES, ...(mayBeBuckets(resources) ? S3_POLICIES : [])],
      transform: transform?.role,
    });
    allowInstanceRoles(this, role, instanceRoleArns, transform?.rolePolicy);
    return role.arn;
  }

  private addSelection(props: BackupTimerProps): void {
    const { name, resources, selectionTags = {}, roleArn, transform } = props;
    const iamRoleArn = roleArn ?? this.addRole(props);
    const tags = Object.entries(selectionTags).map(([key, value]) => ({ key: `aws:ResourceTag/${key}`, value }));
    const config = {
      name,
      planId: this.resource.id,
      iamRoleArn,
      resources: resources?.length ? [...resources] : ["*"],
      // Conditions are joined by "and"; `selection_tag` would join them by "or".
      condition: tags.length > 0 ? [{ stringEquals: tags }] : undefined,
    };
    new BackupSelection(this, "Selection", applyTransform(config, transform?.selection));
  }
}

/** Whether the selection can include S3: by its ARN, by a pattern, or by a reference. */
function mayBeBuckets(resources: readonly string[] = []): boolean {
  if (resources.length === 0) return true;
  return resources.some((arn) => isUnresolved(arn) || !/^arn:[^:*]+:[^:*]+:/.test(arn) || /^arn:[^:]+:s3:/.test(arn));
}

/** Minimum time that AWS Backup bills for a backup in cold storage. */
const COLD_STORAGE_DAYS = 90;
const MAXIMUM_CONTINUOUS_DAYS = 35;
const BACKUP_DAYS: DayRule = {
  code: "InvalidBackupTimer",
  says: "it counts in whole days, 1 or more.",
  least: 1,
};
const VAULT_NAME = /^[A-Za-z0-9_-]{2,50}$/;
const VAULT_ARN = /^arn:aws[a-z-]*:backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}$/;

/** The validated options, in the units of AWS. */
interface BackupNumbers {
  readonly keepDays: number;
  readonly coldDays?: number;
  readonly startMinutes: number;
  readonly completionMinutes: number;
}

/**
 * Refuses what AWS Backup would refuse at apply, or what would make every job fail.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html
 */
function validateBackupTimer(props: BackupTimerProps, construct: Construct): BackupNumbers {
  checkTimerName(props.name, construct);
  checkTopics(props.alarmTopicArns, construct);
  validateAcknowledgements(props.acknowledge, ["DestroyWithoutReason"], construct);
  validateVault(props, construct);
  validateRole(props, construct);
  validateSelection(props, construct);
  const keepDays = checkRetention(props.retention, props.requiredRetention, construct);
  const coldDays =
    props.coldStorageAfter && wholeDays(props.coldStorageAfter, "coldStorageAfter", construct, BACKUP_DAYS);
  validateColdStorage(keepDays, coldDays, construct);
  validateContinuous(props, keepDays, construct);
  validateLock(props.lock, keepDays, construct);
  for (const copy of props.copies ?? []) validateCopy(copy, construct);
  return { keepDays, coldDays, ...windows(props, construct) };
}

/** An existing vault keeps its key and its lock. */
function validateVault(props: BackupTimerProps, construct: Construct): void {
  const { vaultName, kmsKeyArn, transform } = props;
  const existing = vaultName !== undefined && "vaultName names a vault that exists already";
  refuseUnusedTransforms(construct, transform, {
    vault: existing,
    lock: existing,
    key: existing || (kmsKeyArn !== undefined && "kmsKeyArn names a key that exists already"),
    failedRule: props.alarmTopicArns === undefined && "there are no alarmTopicArns",
    alarm: props.alarmTopicArns === undefined && "there are no alarmTopicArns",
  });
  if (vaultName === undefined) return;
  for (const option of ["lock", "kmsKeyArn", "acknowledge"] as const) {
    if (props[option] === undefined) continue;
    const message = `${option} is for the vault of this timer, and vaultName names one that exists already; keep one of them`;
    report(construct, "InvalidBackupTimer", message);
  }
  if (isUnresolved(vaultName) || VAULT_NAME.test(vaultName)) return;
  const message = `vaultName is "${vaultName}"; a vault has a name of 2 to 50 letters, digits, hyphens and underscores`;
  report(construct, "InvalidBackupTimer", message);
}

function validateRole({ roleArn, instanceRoleArns, transform }: BackupTimerProps, construct: Construct): void {
  const given = roleArn !== undefined && "roleArn names a role that exists already";
  const noPolicy = instanceRoleArns === undefined && "there are no instanceRoleArns";
  refuseUnusedTransforms(construct, transform, { role: given, rolePolicy: given || noPolicy });
  if (roleArn === undefined || instanceRoleArns === undefined) return;
  const message = "instanceRoleArns is for the role of this timer, and roleArn names another one; keep one of them";
  report(construct, "InvalidBackupTimer", message);
}

function validateSelection({ resources = [], selectionTags = {} }: BackupTimerProps, construct: IConstruct): void {
  if (resources.length > 0 || Object.keys(selectionTags).length > 0) return;
  report(
    construct,
    "BackupSelectsNothing",
    "there are no resources and no selectionTags, so nothing would be backed up and no job could fail. " +
      'Write resources: ["arn:aws:rds:…"] or selectionTags: { backup: "daily" }',
  );
}

function validateColdStorage(keepDays: number, coldDays: number | undefined, construct: IConstruct): void {
  if (coldDays === undefined || keepDays >= coldDays + COLD_STORAGE_DAYS) return;
  report(
    construct,
    "ColdStorageTooLate",
    `backups go to cold storage after ${coldDays} days and are deleted after ${keepDays}; ` +
      `${COLD_STORAGE_DAYS} days there are billed. Write retention: Duration.days(${coldDays + COLD_STORAGE_DAYS}) or more`,
  );
}

function validateContinuous(
  { continuous, coldStorageAfter }: BackupTimerProps,
  keepDays: number,
  construct: IConstruct,
): void {
  if (!continuous || (keepDays <= MAXIMUM_CONTINUOUS_DAYS && coldStorageAfter === undefined)) return;
  report(
    construct,
    "ContinuousBackupRetention",
    `continuous backups are kept for 1 to ${MAXIMUM_CONTINUOUS_DAYS} days and never go to cold storage; ` +
      `got ${keepDays} days. Make a second timer for what is kept longer`,
  );
}

function validateLock(lock: VaultLock | undefined, keepDays: number, construct: IConstruct): void {
  if (lock === undefined) return;
  const minimum =
    lock.minimumRetention && wholeDays(lock.minimumRetention, "lock.minimumRetention", construct, BACKUP_DAYS);
  const maximum =
    lock.maximumRetention && wholeDays(lock.maximumRetention, "lock.maximumRetention", construct, BACKUP_DAYS);
  if (keepDays < (minimum ?? 1) || keepDays > (maximum ?? Infinity)) {
    report(
      construct,
      "VaultLockContradiction",
      `the vault takes backups that are kept for ${minimum ?? keepDays} to ${maximum ?? "any number of"} days, and these ` +
        `are kept for ${keepDays}: every job would fail. Change retention or the lock`,
    );
  }
  if (lock.mode === "compliance" && !isAcknowledged(lock.acknowledge, "ComplianceWithoutReason")) {
    report(
      construct,
      "ComplianceWithoutReason",
      `lock.mode "compliance": once the lock has cooled off, nobody can delete a backup or the vault before its time. ` +
        `Use "governance", or give the reason: ${acknowledgement("ComplianceWithoutReason")}.`,
    );
  } else validateAcknowledgements(lock.acknowledge, ["ComplianceWithoutReason"], construct, "lock");
  const coolingOff = lock.coolingOff && wholeDays(lock.coolingOff, "lock.coolingOff", construct, BACKUP_DAYS);
  if (coolingOff !== undefined && (coolingOff < 3 || lock.mode === "governance")) {
    report(
      construct,
      "InvalidBackupTimer",
      `lock.coolingOff is ${coolingOff} days in ${lock.mode} mode; only compliance has one, of 3 days or more`,
    );
  }
}

function validateCopy({ vaultArn, retention }: BackupCopy, construct: IConstruct): void {
  if (retention) wholeDays(retention, "copies.retention", construct, BACKUP_DAYS);
  if (isUnresolved(vaultArn) || VAULT_ARN.test(vaultArn)) return;
  report(
    construct,
    "InvalidBackupTimer",
    `copies.vaultArn "${vaultArn}" is not the ARN of a vault. Write "arn:aws:backup:eu-west-1:111122223333:backup-vault:name"`,
  );
}

function windows({ startWindow, completionWindow }: BackupTimerProps, construct: IConstruct) {
  const startMinutes = (startWindow ?? Duration.hours(1)).toMinutes();
  const completionMinutes = (completionWindow ?? Duration.hours(8)).toMinutes();
  if (startMinutes >= 60 && completionMinutes >= startMinutes + 60) return { startMinutes, completionMinutes };
  report(
    construct,
    "BackupWindowTooShort",
    `startWindow is ${startMinutes} minutes and completionWindow ${completionMinutes}; write a startWindow of 60 minutes ` +
      "or more, and a completionWindow at least 60 minutes longer",
  );
  return { startMinutes, completionMinutes };
}

/**
 * Refuses to delete backups before the end of the promised retention.
 *
 * @returns the whole days that backups are kept
 * @throws ValidationError `RetentionContradiction`, `InvalidBackupTimer`
 */
function checkRetention(retention: Duration, promised: Duration | undefined, construct: IConstruct): number {
  const days = wholeDays(retention, "retention", construct, BACKUP_DAYS);
  const promisedDays = promised && wholeDays(promised, "requiredRetention", construct, BACKUP_DAYS);
  if (promisedDays !== undefined && days < promisedDays) {
    report(
      construct,
      "RetentionContradiction",
      `backups are deleted after ${days} days, and requiredRetention is ${promisedDays}; ` +
        `write retention: Duration.days(${promisedDays}) or more, or promise less`,
    );
  }
  return days;
}
