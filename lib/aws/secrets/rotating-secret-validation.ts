import type { SecretsmanagerSecretRotationRotationRules } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation";
import type { Construct } from "constructs";
import { acknowledgement } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { ErrorCode } from "../../core/error-codes";
import { attempt, report, ValidationError } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import { Schedule } from "../../schedule/schedule";
import { type Refuse, validateKeptSecret, validateRotationSettings } from "../../secrets/kept-secret";
import type { RotationStrategy } from "../../secrets/rotation-strategy";
import type { RotatingSecretProps } from "./rotating-secret-props";

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) */
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;
/** With the six characters at its end: IAM compares whole ARNs. */
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/;

/** Refuses what Secrets Manager would refuse at apply, and what would give a secret away. */
export function validateRotatingSecret(props: RotatingSecretProps, construct: Construct): void {
  const refuse = (code: ErrorCode, message: string) => {
    report(construct, code, message);
  };
  validateName(props.secretName, refuse);
  validateStrategy(props.strategy, refuse, construct);
  validateRecovery(props.recoveryWindow, refuse);
  validateKeptSecret(props, refuse, construct);
  attempt(construct, () => rotationRules(props, construct));
}

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

function validateStrategy(strategy: RotationStrategy, refuse: Refuse, construct: Construct): void {
  const { settings, adminSecret, acknowledge } = strategy;
  if (adminSecret !== undefined && !isUnresolved(adminSecret) && !SECRET_ARN.test(adminSecret)) {
    refuse(
      "InvalidSecretArn",
      `adminSecret "${adminSecret}" is not the whole ARN of a secret, which the function's policy needs. ` +
        'Write "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf", or the arn of a resource',
    );
  }
  if (settings.strategy === "postgresSingleUser" && acknowledge?.OutageNotAccepted === undefined) {
    refuse(
      "OutageNotAccepted",
      "postgresSingleUser refuses logins while a rotation runs. Use postgresAlternatingUsers, or say why that is fine: " +
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
/** Windows open on the hour, and no schedule is for certain years only. */
const ON_THE_HOUR = /^cron\(0 .* \*\)$/;

/**
 * The schedule and the window as Secrets Manager takes them.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 * @throws ValidationError `RotationScheduleRefused`, `RotationWindowRefused`, and as `Schedule.for`
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
    `window is ${window}; Secrets Manager takes whole hours, which reach neither into the next day of UTC nor into the ` +
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
      `"${schedule.source}" comes every ${distance}; Secrets Manager rotates at most every ` +
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
