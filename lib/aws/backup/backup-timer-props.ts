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
  /**
   * Name of the plan, the vault and the alarms: 2 to 50 letters, digits, hyphens and underscores. A plan that changes it
   * later is refused, since it would replace the vault.
   */
  readonly name: string;

  /** When backups begin. AWS Backup accepts at most one an hour. */
  readonly schedule: Schedule;

  /**
   * ARNs of the resources to back up.
   * @default - everything with the `selectionTags`
   */
  readonly resources?: readonly string[];

  /**
   * Backs up only resources that have all of these tags.
   * @default - all of `resources`
   */
  readonly selectionTags?: Readonly<Record<string, string>>;

  /**
   * How long a backup is kept, in whole days. A change replaces the lock of the vault, unless `lock` sets
   * `minimumRetention`.
   */
  readonly retention: Duration;

  /**
   * The retention promised in a contract or a runbook. `retention` cannot be shorter.
   * @default - nothing was promised
   */
  readonly requiredRetention?: Duration;

  /**
   * Age at which backups move to cold storage. AWS bills at least 90 days there, so `retention` must be at least 90
   * days longer.
   * @default - they are not moved
   */
  readonly coldStorageAfter?: Duration;

  /**
   * Whether backups can be restored to any point in time within `retention`, which is then 35 days at most.
   * @default false
   */
  readonly continuous?: boolean;

  /**
   * Time after the scheduled start within which a backup must begin: 60 minutes or more. AWS picks the moment.
   * @default Duration.hours(1)
   */
  readonly startWindow?: Duration;

  /**
   * Time after the scheduled start within which a backup must complete: at least an hour more than `startWindow`.
   * @default Duration.hours(8)
   */
  readonly completionWindow?: Duration;

  /**
   * Other vaults that get a copy, in another region or account.
   * @default - no copies
   */
  readonly copies?: readonly BackupCopy[];

  /**
   * Name of an existing vault, such as `vaultName` of another timer. It keeps its key and its lock. Set later, it would
   * delete the vault of the timer, which AWS refuses while that holds backups.
   * @default - a new vault, named `name`
   */
  readonly vaultName?: string;

  /**
   * Protects backups from early deletion. A change replaces the lock, so that the vault has none for a moment. AWS
   * refuses a change of a `compliance` lock after `coolingOff`.
   * @default - `{ mode: "governance" }`, which anyone who may change the vault's lock can lift
   */
  readonly lock?: VaultLock;

  /**
   * ARN of the key that encrypts the vault. A plan that changes it later is refused, since it would replace the vault.
   * @default - a new key, rotated every year
   */
  readonly kmsKeyArn?: string;

  /**
   * ARN of the role that AWS Backup assumes.
   * @default - a new role with AWS's policies for backup and restore, including those for S3 unless `resources` leaves
   * S3 out
   */
  readonly roleArn?: string;

  /**
   * ARNs of the EC2 instance roles that a restore may assign to the instances that it creates.
   * @default - none: an instance with a role cannot be restored with it
   */
  readonly instanceRoleArns?: readonly string[];

  /**
   * ARNs of up to five SNS topics that are notified about failed and missing backups. EventBridge and CloudWatch must
   * be allowed to publish to them, as with an `AlarmTopic`.
   * @default - no notification
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * Why Terraform may destroy the vault once it is empty. Without a reason for `DestroyWithoutReason`, every plan that
   * would destroy it fails (`prevent_destroy`).
   * @default - the vault cannot be destroyed
   */
  readonly acknowledge?: Acknowledgements<"DestroyWithoutReason">;

  /**
   * Tags of the vault, the plan and the backups.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
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

/** Vault Lock of the vault. */
export interface VaultLock {
  /**
   * `governance` can be lifted by anyone with the permission. `compliance` cannot be lifted by anyone after
   * `coolingOff`, and needs a reason for `ComplianceWithoutReason`.
   */
  readonly mode: "governance" | "compliance";

  /**
   * Minimum retention of the backups that the vault accepts.
   * @default - `retention`
   */
  readonly minimumRetention?: Duration;

  /**
   * Maximum retention of the backups that the vault accepts.
   * @default - no limit
   */
  readonly maximumRetention?: Duration;

  /**
   * How long a lock in compliance mode can still be removed: 3 days or more.
   * @default Duration.days(3)
   */
  readonly coolingOff?: Duration;

  /**
   * Why no one may delete a backup early. Required for `compliance`.
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
