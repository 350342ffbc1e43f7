import type { IConstruct } from "constructs";
import { checkTimerName } from "../../backup/timer";
import { Duration } from "../../core/duration";
import { report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import type { BackupCopy, BackupTimerProps, VaultLock } from "./backup-timer-props";

/** What AWS Backup bills at least for a backup in cold storage. */
const COLD_STORAGE_DAYS = 90;
const MAXIMUM_CONTINUOUS_DAYS = 35;
const VAULT_ARN = /^arn:aws[a-z-]*:backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}$/;

/** The options, checked and in the units of AWS. */
export interface BackupNumbers {
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
export function validateBackupTimer(props: BackupTimerProps, construct: IConstruct): BackupNumbers {
  checkTimerName(props.name, construct);
  validateSelection(props, construct);
  const keepDays = checkRetention(props.retention, props.requiredRetention, construct);
  const coldDays = props.coldStorageAfter && wholeDays(props.coldStorageAfter, "coldStorageAfter", construct);
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
  const minimum = lock.minimumRetention && wholeDays(lock.minimumRetention, "lock.minimumRetention", construct);
  const maximum = lock.maximumRetention && wholeDays(lock.maximumRetention, "lock.maximumRetention", construct);
  if (keepDays < (minimum ?? 1) || keepDays > (maximum ?? Infinity)) {
    report(
      construct,
      "VaultLockContradiction",
      `the vault takes backups that are kept for ${minimum ?? keepDays} to ${maximum ?? "any number of"} days, and these ` +
        `are kept for ${keepDays}: every job would fail. Change retention or the lock`,
    );
  }
  const coolingOff = lock.coolingOff && wholeDays(lock.coolingOff, "lock.coolingOff", construct);
  if (coolingOff !== undefined && (coolingOff < 3 || lock.mode === "governance")) {
    report(
      construct,
      "InvalidBackupTimer",
      `lock.coolingOff is ${coolingOff} days in ${lock.mode} mode; only compliance has one, of 3 days or more`,
    );
  }
}

function validateCopy({ vaultArn, retention: retention }: BackupCopy, construct: IConstruct): void {
  if (retention) wholeDays(retention, "copies.retention", construct);
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
  const days = wholeDays(retention, "retention", construct);
  const promisedDays = promised && wholeDays(promised, "requiredRetention", construct);
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

/** @throws ValidationError `InvalidBackupTimer` when there is a remainder, or less than a day */
function wholeDays(duration: Duration, name: string, construct: IConstruct): number {
  const days = duration.toDays({ integral: false });
  if (Number.isInteger(days) && days >= 1) return days;
  const rounded = Math.max(1, Math.ceil(days));
  report(
    construct,
    "InvalidBackupTimer",
    `${name} is ${duration}; it counts in whole days, 1 or more. Write Duration.days(${rounded})`,
  );
  return rounded;
}
