import { BackupPlan, type BackupPlanRule } from "@cdktf/provider-aws/lib/backup-plan";
import { BackupSelection } from "@cdktf/provider-aws/lib/backup-selection";
import { BackupVault } from "@cdktf/provider-aws/lib/backup-vault";
import { BackupVaultLockConfiguration } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Construct } from "constructs";
import type { ScheduleForm } from "../../schedule/targets";
import { checkProps } from "../../core/check-props";
import { applyTransform } from "../../core/refactoring";
import { BackupJobAlarms } from "./backup-alarms";
import type { BackupTimerProps } from "./backup-timer-props";
import { validateBackupTimer, type BackupNumbers } from "./backup-timer-validation";
import { placeSchedule } from "../../backup/timer";
import { serviceRole } from "./service-role";
import { collect } from "../../core/errors";

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
    checkProps(this, "BackupTimerProps", props);
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

  private addVault({ name, kmsKeyArn, allowDestroy, tags, transform }: BackupTimerProps): BackupVault {
    const keyArn =
      kmsKeyArn ??
      new KmsKey(this, "Key", {
        description: `Backups of ${name}`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        tags,
        // Without the key no backup can be read again.
        lifecycle: { preventDestroy: allowDestroy === undefined },
      }).arn;
    const config = { name, kmsKeyArn: keyArn, tags, lifecycle: { preventDestroy: allowDestroy === undefined } };
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
