import { BackupPlan, type BackupPlanRule } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { BackupVaultLockConfiguration } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Construct, type IConstruct } from "constructs";
import { acknowledgement, isAcknowledged, validateAcknowledgements } from "../../core/acknowledge";
import type { ScheduleForm } from "../../schedule/targets";
import { checkProps } from "../../core/check-props";
import { applyTransform } from "../../core/refactoring";
import { BackupJobAlarms } from "./backup-alarms";
import type { BackupTimerProps, BackupCopy, VaultLock } from "./backup-timer-props";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { serviceRole } from "./service-role";
import { type DayRule, Duration, wholeDays } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";

const BACKUP_POLICIES = ["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"];

/**
 * Backs up resources of AWS on a schedule, with AWS Backup: a vault with a lock and a key of its own, a plan, a
 * selection, copies elsewhere, and alarms for backups that failed or never happened.
 *
 * Emits `aws_backup_vault`, `aws_backup_vault_lock_configuration`, `aws_backup_plan`, `aws_backup_selection` and, unless
 * given, `aws_kms_key` and `aws_iam_role`. AWS does not catch up on a schedule that it missed, and begins anywhere in
 * `startWindow`: that is its jitter. AWS itself refuses to delete a vault that still holds backups.
 */
export class BackupTimer extends Construct {
  /** The vault that the backups go to. */
  readonly vault: BackupVault;

  /** The plan: its rules are the schedule. */
  readonly resource: BackupPlan;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: BackupTimerProps) {
    super(scope, id);
    checkProps(this, "aws/BackupTimerProps", props);
    const { numbers, form } = collect(this, () => ({
      numbers: validateBackupTimer(props, this),
      form: placeSchedule(props.schedule, "aws-backup", this),
    }));
    this.vault = this.addVault(props);
    this.addLock(props, numbers);
    this.resource = this.addPlan(props, form, numbers);
    this.addSelection(props);
    if (props.alarmTopicArns !== undefined) {
      const { name, schedule, alarmTopicArns: topicArns } = props;
      new BackupJobAlarms(this, "Alarms", { name, topicArns, schedule, vaultName: this.vault.name });
    }
  }

  /** Name of the vault. */
  get vaultName(): string {
    return this.vault.name;
  }

  /** ARN of the vault, for policies and for copies into it. */
  get vaultArn(): string {
    return this.vault.arn;
  }

  private addVault({ name, kmsKeyArn, acknowledge, tags, transform }: BackupTimerProps): BackupVault {
    const keyArn =
      kmsKeyArn ??
      new KmsKey(this, "Key", {
        description: `Backups of ${name}`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        tags,
        // Without the key no backup can be read again.
        lifecycle: { preventDestroy: !isAcknowledged(acknowledge, "DestroyWithoutReason") },
      }).arn;
    const config = {
      name,
      kmsKeyArn: keyArn,
      tags,
      lifecycle: { preventDestroy: !isAcknowledged(acknowledge, "DestroyWithoutReason") },
    };
    return new BackupVault(this, "Vault", applyTransform(config, transform?.vault));
  }

  private addLock({ lock, transform }: BackupTimerProps, { keepDays }: BackupNumbers): void {
    const config = {
      backupVaultName: this.vault.name,
      minRetentionDays: lock?.minimumRetention?.toDays() ?? keepDays,
      maxRetentionDays: lock?.maximumRetention?.toDays(),
      // Without it the lock is in governance mode.
      changeableForDays: lock?.mode === "compliance" ? (lock.coolingOff?.toDays() ?? 3) : undefined,
    };
    new BackupVaultLockConfiguration(this, "Lock", applyTransform(config, transform?.lock));
  }

  private addPlan(props: BackupTimerProps, form: ScheduleForm, numbers: BackupNumbers): BackupPlan {
    const { name, tags, transform } = props;
    const rule = form.lines.map((schedule, index) => ({
      ...this.ruleOf(props, numbers),
      ruleName: form.lines.length === 1 ? name : `${name}-${index + 1}`,
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
      targetVaultName: this.vault.name,
      startWindow: startMinutes,
      completionWindow: completionMinutes,
      enableContinuousBackup: continuous || undefined,
      recoveryPointTags: tags,
      lifecycle: { deleteAfter: keepDays, coldStorageAfter: coldDays },
      copyAction: copies.map(({ vaultArn, retention: retention }) => ({
        destinationVaultArn: vaultArn,
        lifecycle: { deleteAfter: retention?.toDays() ?? keepDays },
      })),
    };
  }

  private addSelection({ name, resources, selectionTags = {}, roleArn, transform }: BackupTimerProps): void {
    const iamRoleArn = roleArn ?? serviceRole(this, "Role", "backup.amazonaws.com", BACKUP_POLICIES).arn;
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

/** What AWS Backup bills at least for a backup in cold storage. */
const COLD_STORAGE_DAYS = 90;
const MAXIMUM_CONTINUOUS_DAYS = 35;
const BACKUP_DAYS: DayRule = {
  code: "InvalidBackupTimer",
  says: "it counts in whole days, 1 or more.",
  least: 1,
};
const VAULT_ARN = /^arn:aws[a-z-]*:backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}$/;

/** The options, checked and in the units of AWS. */
interface BackupNumbers {
  readonly keepDays: number;
  readonly coldDays?: number;
  readonly startMinutes: number;
  readonly completionMinutes: number;
}

/**
 * Refuses what AWS Backup would refuse at apply, or let every job fail over.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html
 */
function validateBackupTimer(props: BackupTimerProps, construct: IConstruct): BackupNumbers {
  checkTimerName(props.name, construct);
  validateAcknowledgements(props.acknowledge, ["DestroyWithoutReason"], construct);
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

function validateSelection({ resources = [], selectionTags = {} }: BackupTimerProps, construct: IConstruct): void {
  if (resources.length > 0 || Object.keys(selectionTags).length > 0) return;
  report(
    construct,
    "BackupSelectsNothing",
    "there are no resources and no selectionTags, so nothing would be backed up, and no job would ever fail. " +
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
        `Use "governance", or say why it must be so: ${acknowledgement("ComplianceWithoutReason")}.`,
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

function validateCopy({ vaultArn, retention: retention }: BackupCopy, construct: IConstruct): void {
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
    `startWindow is ${startMinutes} minutes and completionWindow ${completionMinutes}; AWS Backup wants 60 or more, and ` +
      "60 more than that",
  );
  return { startMinutes, completionMinutes };
}

/**
 * Refuses to delete backups before the day until which they were promised.
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
