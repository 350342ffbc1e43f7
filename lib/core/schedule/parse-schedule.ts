import { SternaError } from "../sterna-error";
import { Schedule, type ScheduleOptions } from "./schedule";
import { unreadable } from "./syntax";

/** The languages that schedules are written in. */
export const SCHEDULE_LANGUAGES = ["unix", "systemd", "aws"] as const;

/** A language that schedules are written in. */
export type ScheduleLanguage = (typeof SCHEDULE_LANGUAGES)[number];

/** How to read an expression. */
export interface ReadScheduleOptions extends ScheduleOptions {
  /**
   * The language that it is written in.
   * @default - found out by its form
   */
  readonly from?: ScheduleLanguage;
}

/**
 * Reads an expression of any language. `cron(…)` and `rate(…)` are AWS's, five fields and `@daily` are cron's, all
 * else is systemd's; six bare fields could be AWS's or a cron's with seconds, and are refused.
 *
 * @throws SternaError as `Schedule.cron`, `Schedule.onCalendar` and `Schedule.aws` do
 */
export function readSchedule(expression: string, { from, zone }: ReadScheduleOptions = {}): Schedule {
  switch (from ?? languageOf(expression)) {
    case "unix":
      return Schedule.cron(expression, { zone });
    case "aws":
      return Schedule.aws(expression, { zone });
    case "systemd":
      return Schedule.onCalendar(expression, { zone });
  }
}

/** @throws SternaError `ScheduleUnreadable` when it could be more than one */
export function languageOf(expression: string): ScheduleLanguage {
  const text = expression.trim();
  if (text === "") throw unreadable(expression, "there is nothing");
  if (/^(cron|rate|at)\(/i.test(text)) return "aws";
  if (/^((CRON_)?TZ=|@[a-z])/i.test(text)) return "unix";
  if (/[:~]|\.\.|^OnCalendar/i.test(text)) return "systemd";
  const fields = text.split(/\s+/);
  if (fields.length === 5) return "unix";
  if (fields.length < 5) return "systemd";
  throw new SternaError(
    "ScheduleUnreadable",
    `"${expression}" has ${fields.length} fields: write cron(…) around it if it is AWS's; cron has 5, without seconds`,
  );
}
