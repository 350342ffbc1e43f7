import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";

const NAME = /^[a-z][a-z0-9-]{1,39}$/;

/**
 * Names of units, vaults, schedules and alarms are made from it: short enough for a vault's 50 characters.
 *
 * @throws ValidationError `InvalidBackupTimer`
 */
export function checkTimerName(name: string, construct: IConstruct): void {
  if (!isUnresolved(name) && NAME.test(name)) return;
  throw new ValidationError(
    "InvalidBackupTimer",
    `name "${name}" is not 2 to 40 lower-case letters, digits and hyphens, beginning with a letter, known at synth`,
    construct,
  );
}
