import type { SecretsmanagerSecretRotationRotationRules } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation";
import type { Construct } from "constructs";
import { Schedule } from "../core/schedule/schedule";
import { ValidationError } from "../core/validation-error";
import type { RotatingSecretProps } from "./rotating-secret-props";

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
