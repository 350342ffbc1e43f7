import type { BackupPlanConfig } from "@cdktf/provider-aws/lib/backup-plan";
import type { BackupSelectionConfig } from "@cdktf/provider-aws/lib/backup-selection";
import type { BackupVaultConfig } from "@cdktf/provider-aws/lib/backup-vault";
import type { CloudwatchEventRuleConfig } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import type { CloudwatchMetricAlarmConfig } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { KmsKeyConfig } from "@cdktf/provider-aws/lib/kms-key";
import type { BackupVaultLockConfigurationConfig } from "@cdktf/provider-aws/lib/backup-vault-lock-configuration";
import type { Acknowledgements } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { Schedule } from "../../schedule/schedule";
import type { Transform } from "../../core/refactoring";

/** Options of `BackupTimer`. */
export interface BackupTimerProps {
  /** Name of the plan, the vault and the alarms: 2 to 50 letters, digits, hyphens and underscores. */
  readonly name: string;

  /** When backups begin. AWS Backup takes at most one an hour. */
  readonly schedule: Schedule;

  /**
   * ARNs of what is backed up.
   * @default - everything that carries `selectionTags`
   */
  readonly resources?: readonly string[];

  /**
   * Only what carries all of these tags is backed up.
   * @default - all of `resources`
   */
  readonly selectionTags?: Readonly<Record<string, string>>;

  /** How long a backup is kept, in whole days. */
  readonly retention: Duration;

  /**
   * How long backups have been promised to be there, in a contract or a runbook. `retention` cannot be shorter.
   * @default - nothing was promised
   */
  readonly requiredRetention?: Duration;

  /**
   * Age at which backups go to cold storage, where 90 days are billed at least: `retention` is 90 days longer, or more.
   * @default - they stay where they are
   */
  readonly coldStorageAfter?: Duration;

  /**
   * Whether any moment of the last `retention` can be restored, 35 days at most.
   * @default false
   */
  readonly continuous?: boolean;

  /**
   * Within which time after its schedule a backup must begin: 60 minutes or more. AWS picks the moment.
   * @default Duration.hours(1)
   */
  readonly startWindow?: Duration;

  /**
   * Within which time after its schedule a backup must be done: an hour more than `startWindow`, or longer.
   * @default Duration.hours(8)
   */
  readonly completionWindow?: Duration;

  /**
   * Other vaults that get a copy, in another region or account.
   * @default - no copies
   */
  readonly copies?: readonly BackupCopy[];

  /**
   * Name of a vault that exists already, such as `vaultName` of another timer. It keeps its key and its lock.
   * @default - a vault of its own, called `name`
   */
  readonly vaultName?: string;

  /**
   * What keeps people from deleting backups before their time.
   * @default - `{ mode: "governance" }`, which those may lift who may change the vault's lock
   */
  readonly lock?: VaultLock;

  /**
   * ARN of the key that encrypts the vault.
   * @default - a key of its own, rotated every year
   */
  readonly kmsKeyArn?: string;

  /**
   * ARN of the role that AWS Backup assumes.
   * @default - a role of its own with AWS's policies for backup and restore, also those for S3 unless `resources` leaves S3 out
   */
  readonly roleArn?: string;

  /**
   * ARNs of the roles of EC2 instances, which a restore may give to the instances that it makes.
   * @default - none: an instance with a role cannot be restored with it
   */
  readonly instanceRoleArns?: readonly string[];

  /**
   * ARNs of up to five SNS topics that are notified about failed and missing backups. EventBridge and CloudWatch must be
   * allowed to publish to them, as they are to an `AlarmTopic`.
   * @default - no notification
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * Why Terraform may destroy the vault, once it is empty. Without a reason for `DestroyWithoutReason`, every plan that
   * would do so fails (`prevent_destroy`).
   * @default - the vault cannot be destroyed
   */
  readonly acknowledge?: Acknowledgements<"DestroyWithoutReason">;

  /**
   * Tags of the vault, the plan and the backups.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes what is passed to the resources inside. What a transform changes is not validated; one for a resource that
   * the other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: BackupTimerTransform;
}

/** A copy of each backup. */
export interface BackupCopy {
  /** ARN of the vault, in another region or account. */
  readonly vaultArn: string;

  /**
   * How long the copy is kept, in whole days.
   * @default - as long as the backup
   */
  readonly retention?: Duration;
}

/** What a vault refuses. */
export interface VaultLock {
  /**
   * `governance` can be lifted by those who have the permission; `compliance` by nobody, once `coolingOff` has passed:
   * it needs a reason for `ComplianceWithoutReason`.
   */
  readonly mode: "governance" | "compliance";

  /**
   * The vault takes no backup that is kept for less.
   * @default - `retention`
   */
  readonly minimumRetention?: Duration;

  /**
   * The vault takes no backup that is kept for longer.
   * @default - there is no limit
   */
  readonly maximumRetention?: Duration;

  /**
   * How long a lock in compliance mode can still be taken back: 3 days or more.
   * @default Duration.days(3)
   */
  readonly coolingOff?: Duration;

  /**
   * Why nobody must be able to delete a backup earlier. Required for `compliance`.
   * @default - `compliance` is refused
   */
  readonly acknowledge?: Acknowledgements<"ComplianceWithoutReason">;
}

/** One hook for each resource of `BackupTimer`. */
export interface BackupTimerTransform {
  /** @default - unchanged */
  readonly vault?: Transform<BackupVaultConfig>;
  /** @default - unchanged */
  readonly key?: Transform<KmsKeyConfig>;
  /** @default - unchanged */
  readonly lock?: Transform<BackupVaultLockConfigurationConfig>;
  /** @default - unchanged */
  readonly plan?: Transform<BackupPlanConfig>;
  /** @default - unchanged */
  readonly selection?: Transform<BackupSelectionConfig>;
  /** @default - unchanged */
  readonly role?: Transform<IamRoleConfig>;
  /** The policy for `instanceRoleArns`. @default - unchanged */
  readonly rolePolicy?: Transform<IamRolePolicyConfig>;
  /** The EventBridge rule for failed jobs. @default - unchanged */
  readonly failedRule?: Transform<CloudwatchEventRuleConfig>;
  /** Every alarm. @default - unchanged */
  readonly alarm?: Transform<CloudwatchMetricAlarmConfig>;
}
