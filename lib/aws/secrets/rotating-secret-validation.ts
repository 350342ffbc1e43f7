import type { SecretsmanagerSecretRotationRotationRules } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation";
import { Annotations } from "cdktf";
import type { Construct } from "constructs";
import { acknowledgement } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { ErrorCode } from "../../core/error-codes";
import { attempt, report, ValidationError } from "../../core/errors";
import { refuseUnusedTransforms } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import { Schedule } from "../../schedule/schedule";
import { type Refuse, validateKeptSecret, validateRotationSettings } from "../../secrets/kept-secret";
import type { RotationStrategy } from "../../secrets/rotation-strategy";
import type { RotatingSecretProps } from "./rotating-secret-props";

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) */
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;
/** Includes the six-character suffix, since IAM compares whole ARNs. */
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/;

/** Refuses what Secrets Manager would refuse at apply, and what would expose a secret. */
export function validateRotatingSecret(props: RotatingSecretProps, construct: Construct): void {
  const refuse = (code: ErrorCode, message: string) => {
    report(construct, code, message);
  };
  validateName(props, refuse, construct);
  validateTransforms(props, construct);
  validateStrategy(props.strategy, refuse, construct);
  validateRecovery(props.recoveryWindow, refuse);
  validateKeptSecret(props, refuse, construct);
  attempt(construct, () => rotationRules(props, construct));
}

function validateName({ secretName, adopt }: RotatingSecretProps, refuse: Refuse, construct: Construct): void {
  if (isUnresolved(secretName)) return;
  if (!SECRET_NAME.test(secretName)) {
    refuse(
      "InvalidSecretName",
      `secretName "${secretName}" breaks the naming rule. Write 1 to 512 letters, digits and /_+=.@-, such as ` +
        '"r3mes/production/database"',
    );
    return;
  }
  // The name of an existing secret cannot be changed.
  if (adopt !== undefined || !/-\w{6}$/.test(secretName)) return;
  Annotations.of(construct).addWarning(
    `secretName "${secretName}" ends with a hyphen and six characters, like the ARN of another secret. AWS advises ` +
      "against it: a search by a partial ARN may find the wrong secret",
  );
}

/** Refuses transforms of children that the other options leave out. */
function validateTransforms(props: RotatingSecretProps, construct: Construct): void {
  const custom = props.strategy.settings.strategy === "custom" && "RotationStrategy.custom brings its own function";
  refuseUnusedTransforms(construct, props.transform, {
    key: props.kmsKeyArn !== undefined && "kmsKeyArn names a key that exists already",
    resourcePolicy: props.resourcePolicy === undefined && "there is no resourcePolicy",
    function: custom,
    functionPermission: custom,
    role: custom,
    rolePolicy: custom,
    log: custom,
    alarm: custom,
    overdueRule: custom,
    overduePermission: custom,
  });
}

function validateStrategy(strategy: RotationStrategy, refuse: Refuse, construct: Construct): void {
  const { settings, adminSecret, acknowledge } = strategy;
  if (adminSecret !== undefined && !isUnresolved(adminSecret) && !SECRET_ARN.test(adminSecret)) {
    refuse(
      "InvalidSecretArn",
      `adminSecret "${adminSecret}" is not the complete ARN of a secret, which the function's policy needs. ` +
        'Write "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf", or the arn of a resource',
    );
  }
  if (settings.strategy === "postgresSingleUser" && acknowledge?.OutageNotAccepted === undefined) {
    refuse(
      "OutageNotAccepted",
      "postgresSingleUser refuses logins while a rotation runs. Use postgresAlternatingUsers, or give the reason: " +
        `${acknowledgement("OutageNotAccepted")}.`,
    );
  }
  validateRotationSettings(strategy, refuse, construct);
}

function validateRecovery(recovery: Duration | undefined, refuse: Refuse): void {
  const days = recovery?.toDays({ integral: false }) ?? 30;
  if (days === 0 || (Number.isInteger(days) && days >= 7 && days <= 30)) return;
  refuse(
    "RecoveryWindowRefused",
    `recoveryWindow is ${recovery}; Secrets Manager takes 7 to 30 whole days, or 0 for none`,
  );
}

const SHORTEST_DISTANCE_HOURS = 4;
const DEFAULT_WINDOW_HOURS = 3;
const DAY_HOURS = 24;
/** Windows open on the hour, and a schedule cannot name years. */
const ON_THE_HOUR = /^cron\(0 .* \*\)$/;

/**
 * The schedule and the window in the form that Secrets Manager expects.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 * @throws ValidationError `RotationScheduleRefused`, `RotationWindowRefused`, and those of `Schedule.for`
 */
export function rotationRules(
  { schedule = Schedule.aws("rate(30 days)"), window }: Pick<RotatingSecretProps, "schedule" | "window">,
  construct: Construct,
): SecretsmanagerSecretRotationRotationRules {
  const scheduleExpression = expressionOf(schedule, construct);
  const longest = longestWindow(schedule, scheduleExpression);
  const hours = window?.toHours({ integral: false }) ?? Math.min(DEFAULT_WINDOW_HOURS, longest);
  if (Number.isInteger(hours) && hours >= 1 && hours <= longest) return { scheduleExpression, duration: `${hours}h` };
  throw new ValidationError(
    "RotationWindowRefused",
    `window is ${window}; Secrets Manager takes whole hours, and a window may not extend into the next UTC day or the ` +
      `next window: with "${schedule.source}" 1 to ${longest}. Write Duration.hours(${Math.min(DEFAULT_WINDOW_HOURS, longest)})`,
    construct,
  );
}

function expressionOf(schedule: Schedule, construct: Construct): string {
  const { lines } = ValidationError.locate(construct, () => schedule.for("eventbridge-rule"));
  const refuse = (message: string) => {
    throw new ValidationError("RotationScheduleRefused", message, construct);
  };
  const [line = ""] = lines;
  if (lines.length > 1)
    refuse(`a secret has one schedule, and "${schedule.source}" takes ${lines.length}: ${lines.join(" ")}`);
  const distance = schedule.shortestDistance();
  if (distance.toHours({ integral: false }) < SHORTEST_DISTANCE_HOURS) {
    refuse(
      `"${schedule.source}" runs every ${distance}; Secrets Manager rotates at most every ` +
        `${SHORTEST_DISTANCE_HOURS} hours. Write Schedule.every(Duration.hours(${SHORTEST_DISTANCE_HOURS}))`,
    );
  }
  if (schedule.rate === undefined && !ON_THE_HOUR.test(line)) {
    refuse(
      `"${schedule.source}" is ${line}; windows of Secrets Manager open on the hour, in every year. ` +
        'Write 0 for the minute and no year, such as Schedule.cron("0 3 * * 0")',
    );
  }
  return line;
}

/** In hours. A window of a rate begins at midnight. */
function longestWindow(schedule: Schedule, expression: string): number {
  const starts = expression.startsWith("rate(") ? [] : schedule.nextRuns(200).map((run) => run.getUTCHours());
  const distance = Math.floor(schedule.shortestDistance().toHours({ integral: false }));
  return Math.min(DAY_HOURS - Math.max(0, ...starts), distance);
}
