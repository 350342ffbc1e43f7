import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { report, ValidationError } from "../core/errors";
import { isUnresolved } from "../core/tokens";
import type { Schedule } from "../schedule/schedule";
import type { ScheduleForm, ScheduleTarget } from "../schedule/targets";

const SHORTEST_DISTANCE_MINUTES = 5;

/**
 * The schedule in the form of a scheduler. Differences from other schedulers, runs in quick succession, and clock
 * changes that affect the schedule become warnings of the construct.
 *
 * @throws ValidationError `ScheduleUntranslatable`, `ScheduleZoneUnsupported`, `ScheduleTooFrequent`
 */
export function placeSchedule(schedule: Schedule, target: ScheduleTarget, construct: IConstruct): ScheduleForm {
  const distance = schedule.shortestDistance();
  if (distance.toMinutes({ integral: false }) < SHORTEST_DISTANCE_MINUTES) {
    Annotations.of(construct).addWarning(
      `${schedule.source} starts a backup every ${distance}, possibly before the previous one has ended; leave ` +
        `${SHORTEST_DISTANCE_MINUTES} minutes or more`,
    );
  }
  const form = ValidationError.locate(construct, () => schedule.for(target));
  const changes = schedule
    .clockChanges()
    .map(
      ({ kind, wallClock }) =>
        `${wallClock} in ${schedule.zone} is ${kind} when clocks change; choose another hour, or UTC`,
    );
  for (const warning of [...form.notes, ...changes.slice(0, 1)]) {
    Annotations.of(construct).addWarning(`${schedule.source}: ${warning}`);
  }
  return form;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{1,49}$/;

/**
 * Names of units, vaults, schedules and alarms are derived from it. The limit is that of a vault.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html (BackupVaultName)
 * @throws ValidationError `InvalidBackupTimer`
 */
export function checkTimerName(name: string, construct: IConstruct): void {
  if (!isUnresolved(name) && NAME.test(name)) return;
  report(
    construct,
    "InvalidBackupTimer",
    `name is "${name}"; write 2 to 50 letters, digits, hyphens and underscores, beginning with a letter or a digit, ` +
      "as plain text and not as a reference",
  );
}
