import type { Construct } from "constructs";
import type { Duration } from "../core/duration";
import type { ErrorCode } from "../core/error-codes";
import type { Schedule } from "../core/schedule/schedule";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";
import type { RotatingSecretProps } from "./rotating-secret-props";
import type { RotationStrategy } from "./rotation-strategy";
import { rotationSettings } from "./rotator/settings";
import { z } from "zod";

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) */
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$/;
const SHORTEST_DISTANCE_HOURS = 4;

/** Refuses what Secrets Manager would refuse at apply, and what would give a secret away. */
export function validateRotatingSecret(props: RotatingSecretProps, construct: Construct): void {
  const refuse = (code: ErrorCode, message: string) => {
    throw new ValidationError(code, message, construct);
  };
  validateName(props.secretName, refuse);
  validateStrategy(props.strategy, refuse);
  validateWindow(props.window, refuse);
  validateRecovery(props.recoveryWindow, refuse);
  if (props.initialValue !== undefined && !isUnresolved(props.initialValue)) {
    refuse(
      "LiteralSecretValue",
      "initialValue is written out: it would stand in the synthesized JSON. Write the reference of a TerraformVariable " +
        "with sensitive: true, such as variable.stringValue",
    );
  }
  if (props.allowDestroy !== undefined && !props.allowDestroy.trim()) {
    refuse("DestroyWithoutReason", "allowDestroy is empty. Say why the secret may be destroyed, or leave it out.");
  }
  if (props.adopt !== undefined && props.initialValue !== undefined) {
    refuse(
      "InitialValueOfAdopted",
      "a secret that is adopted has a value; initialValue would replace it. Leave it out.",
    );
  }
}

/**
 * The schedule as Secrets Manager takes it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 * @throws ValidationError `RotationScheduleRefused`, and as `Schedule.for`
 */
export function rotationSchedule(schedule: Schedule, construct: Construct): string {
  const { lines } = ValidationError.locate(construct, () => schedule.for("eventbridge-rule"));
  const refuse = (message: string) => {
    throw new ValidationError("RotationScheduleRefused", message, construct);
  };
  if (lines.length > 1)
    refuse(`a secret has one schedule, and "${schedule.source}" takes ${lines.length}: ${lines.join(" ")}`);
  if (schedule.shortestDistance().toHours({ integral: false }) < SHORTEST_DISTANCE_HOURS) {
    refuse(
      `"${schedule.source}" comes every ${schedule.shortestDistance()}; Secrets Manager rotates at most every ` +
        `${SHORTEST_DISTANCE_HOURS} hours. Write Schedule.every(Duration.hours(${SHORTEST_DISTANCE_HOURS}))`,
    );
  }
  return lines[0]!;
}

type Refuse = (code: ErrorCode, message: string) => void;

function validateName(name: string, refuse: Refuse): void {
  if (isUnresolved(name)) return;
  const ending = /-\w{6}$/.test(name);
  if (SECRET_NAME.test(name) && !ending) return;
  refuse(
    "InvalidSecretName",
    `secretName "${name}" ${ending ? "ends with a hyphen and six characters, as the ARN of another secret would" : "breaks the naming rule"}. ` +
      'Write 1 to 512 letters, digits and /_+=.@-, such as "r3mes/production/database"',
  );
}

function validateStrategy({ settings, adminSecretArn, acceptOutage }: RotationStrategy, refuse: Refuse): void {
  if (settings.strategy === "custom") return;
  if (adminSecretArn !== undefined && !isUnresolved(adminSecretArn) && !SECRET_ARN.test(adminSecretArn)) {
    refuse(
      "InvalidSecretArn",
      `adminSecretArn "${adminSecretArn}" is not the ARN of a secret, which the function's policy needs. ` +
        'Write "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf", or the arn of a resource',
    );
  }
  const values = Object.values(settings);
  if (settings.strategy === "postgresSingleUser" && !acceptOutage?.trim()) {
    refuse(
      "OutageNotAccepted",
      "acceptOutage is empty. Say why refused logins are fine, or use postgresAlternatingUsers.",
    );
  }
  if ("tls" in settings && "waived" in settings.tls && !settings.tls.waived.trim()) {
    refuse("PlaintextWithoutReason", "allowPlaintext is empty. Say why the connection needs no TLS, or leave it out.");
  }
  if (values.some(isUnresolved)) return;
  const parsed = rotationSettings.safeParse(settings);
  if (!parsed.success) refuse("RotationSettingsInvalid", z.prettifyError(parsed.error));
}

function validateWindow(window: Duration | undefined, refuse: Refuse): void {
  const hours = window?.toHours({ integral: false }) ?? 1;
  if (Number.isInteger(hours) && hours >= 1 && hours <= 24) return;
  refuse(
    "RotationWindowRefused",
    `window is ${window}; Secrets Manager takes 1 to 24 whole hours. Write Duration.hours(3)`,
  );
}

function validateRecovery(recovery: Duration | undefined, refuse: Refuse): void {
  const days = recovery?.toDays({ integral: false }) ?? 30;
  if (days === 0 || (Number.isInteger(days) && days >= 7 && days <= 30)) return;
  refuse(
    "RecoveryWindowRefused",
    `recoveryWindow is ${recovery}; Secrets Manager takes 7 to 30 whole days, or 0 for none`,
  );
}
