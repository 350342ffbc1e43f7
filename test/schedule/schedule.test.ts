import { describe, expect, jest, test } from "@jest/globals";
import { Duration } from "../../lib/core/duration";
import { readSchedule, Schedule } from "../../lib/schedule/schedule";
import type { ScheduleTarget } from "../../lib/schedule/targets";

const FROM = new Date("2027-01-01T12:00:00Z");
const next = (schedule: Schedule) => schedule.nextRuns(1, FROM)[0]!.toISOString();

describe("a schedule", () => {
  test.each<[string, Schedule, string]>([
    ["every day", Schedule.daily({ at: "02:00" }), "2027-01-02T02:00:00.000Z"],
    ["every day in Berlin", Schedule.daily({ at: "02:00", zone: "Europe/Berlin" }), "2027-01-02T01:00:00.000Z"],
    ["every week", Schedule.weekly({ on: "Sun", at: "03:00" }), "2027-01-03T03:00:00.000Z"],
    ["every month", Schedule.monthly({ on: 31, at: "03:00" }), "2027-01-31T03:00:00.000Z"],
    ["on the last day", Schedule.monthly({ on: "last", at: "03:00" }), "2027-01-31T03:00:00.000Z"],
    ["every 6 hours", Schedule.every(Duration.hours(6)), "2027-01-01T18:00:00.000Z"],
    ["weekly in systemd", Schedule.onCalendar("weekly"), "2027-01-04T00:00:00.000Z"],
    ["weekly in cron", Schedule.cron("@weekly"), "2027-01-03T00:00:00.000Z"],
    ["1 in AWS", Schedule.aws("cron(0 3 ? * 1 *)"), "2027-01-03T03:00:00.000Z"],
    ["1 in cron", Schedule.cron("0 3 * * 1"), "2027-01-04T03:00:00.000Z"],
    ["7 in cron", Schedule.cron("0 3 * * 7"), "2027-01-03T03:00:00.000Z"],
    ["with its zone in front", Schedule.cron("CRON_TZ=Europe/Berlin 0 3 * * *"), "2027-01-02T02:00:00.000Z"],
  ])("%s comes on the right day", (_words, schedule, run) => {
    expect(next(schedule)).toBe(run);
  });

  test.each<[string, Schedule, Duration, Duration]>([
    ["every day", Schedule.daily({ at: "02:00" }), Duration.hours(24), Duration.hours(24)],
    [
      "every day where the clocks change",
      Schedule.daily({ at: "12:00", zone: "Europe/Berlin" }),
      Duration.hours(23),
      Duration.hours(25),
    ],
    [
      "every day on the other half of the earth",
      Schedule.daily({ at: "12:00", zone: "Australia/Sydney" }),
      Duration.hours(23),
      Duration.hours(25),
    ],
    ["on workdays", Schedule.cron("30 2 * * 1-5"), Duration.hours(24), Duration.hours(72)],
    [
      "every quarter of an hour on workdays",
      Schedule.cron("*/15 * * * 1-5"),
      Duration.minutes(15),
      Duration.minutes(48 * 60 + 15),
    ],
    [
      "every minute of office hours",
      Schedule.cron("* 9-16 * * 1-5", { zone: "America/New_York" }),
      Duration.minutes(1),
      Duration.minutes((63 + 1 + 1) * 60 + 1),
    ],
    ["every month", Schedule.monthly({ on: 1, at: "03:00" }), Duration.days(28), Duration.days(31)],
    [
      "every 6 hours where the clocks change",
      Schedule.every(Duration.hours(6), { zone: "Europe/Berlin" }),
      Duration.hours(5),
      Duration.hours(7),
    ],
    ["in one year only", Schedule.aws("cron(0 3 1 1,6 ? 2199)"), Duration.days(151), Duration.days(151)],
  ])("%s has its shortest and longest interval, whatever the day", (_words, schedule, shortest, longest) => {
    jest.useFakeTimers({ now: new Date("2027-07-01T00:00:00Z") });
    try {
      expect(schedule.shortestDistance()).toEqual(shortest);
      expect(schedule.longestDistance()).toEqual(longest);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each<[string, ScheduleTarget, readonly string[]]>([
    ["0 0 13 * 5", "crontab", ["CRON_TZ=UTC", "0 0 13 * 5"]],
    ["0 0 13 * 5", "cloud-scheduler", ["0 0 13 * *", "0 0 * * 5"]],
    ["0 0 13 * 5", "systemd", ["OnCalendar=*-*-13 00:00:00 UTC", "OnCalendar=Fri *-*-* 00:00:00 UTC"]],
    ["Mon 02:00\nFri 02:00", "cloud-scheduler", ["0 2 * * 1,5"]],
    ["Mon,Wed *-*-01..14 02:00", "aws-backup", ["2#1", "2#2", "4#1", "4#2"].map((day) => `cron(0 2 ? * ${day} *)`)],
    ["*-01,03~03..05 02:00", "kubernetes-cronjob", ["0 2 27-29 1,3 *"]],
    ["*-01,04~01 02:00", "kubernetes-cronjob", ["0 2 31 1 *", "0 2 30 4 *"]],
    ["cron(0 2 15W * ? *)", "eventbridge-scheduler", ["cron(0 2 15W * ? *)"]],
    ["rate(1 hour)", "eventbridge-rule", ["rate(1 hour)"]],
    ["OnCalendar=hourly", "aws-backup", ["cron(0 * * * ? *)"]],
  ])("%s is said exactly to %s", (expression, target, lines) => {
    expect(readSchedule(expression).for(target).lines).toEqual(lines);
  });

  test("says where two entries fall on the same minute, since both of them fire", () => {
    expect(Schedule.cron("0 0 13 * 5").for("eventbridge-scheduler").notes[0]).toContain("fires once for each");
    expect(Schedule.onCalendar("*-01,04~01").for("cloud-scheduler").notes[0]).not.toContain("fires once for each");
  });

  test.each<[string, ScheduleTarget, string]>([
    ["*-*~01", "crontab", "ScheduleUntranslatable"],
    ["*-*~02", "eventbridge-scheduler", "ScheduleUntranslatable"],
    ["Mon *-*-01..07", "kubernetes-cronjob", "ScheduleUntranslatable"],
    ["Mon *-*-01..05", "aws-backup", "ScheduleUntranslatable"],
    ["2028-01-01 02:00", "crontab", "ScheduleUntranslatable"],
    ["*:*:00/30", "eventbridge-rule", "ScheduleUntranslatable"],
    ["02:00 Europe/Berlin", "eventbridge-rule", "ScheduleZoneUnsupported"],
    ["*/30 * * * *", "aws-backup", "ScheduleTooFrequent"],
    ["rate(5 hours)", "crontab", "ScheduleUntranslatable"],
  ])("%s is refused for %s: %s", (expression, target, code) => {
    expect(() => readSchedule(expression).for(target)).toThrow(expect.objectContaining({ code }));
  });

  test.each<[string, () => Schedule, string]>([
    ["seven minutes apart", () => Schedule.every(Duration.minutes(7)), "ScheduleUnreadable"],
    ["at 24:00", () => Schedule.daily({ at: "24:00" }), "ScheduleUnreadable"],
    ["on day 32", () => Schedule.monthly({ on: 32, at: "02:00" }), "ScheduleUnreadable"],
    ["in two zones", () => Schedule.onCalendar(["02:00 UTC", "03:00 Europe/Berlin"]), "ScheduleZonesDiffer"],
    ["at boot", () => Schedule.cron("@reboot"), "ScheduleUnreadable"],
    ["with both days of AWS", () => Schedule.aws("cron(0 2 * * MON *)"), "ScheduleUnreadable"],
    ["with neither day of AWS", () => Schedule.aws("cron(0 2 ? * ? *)"), "ScheduleUnreadable"],
    ["once", () => Schedule.aws("at(2027-01-01T00:00:00)"), "ScheduleUnreadable"],
    ["in a year that is over", () => Schedule.onCalendar("2020-01-01"), "ScheduleNeverFires"],
    ["with a step that is too long", () => Schedule.cron("*/90 * * * *"), "ScheduleUnreadable"],
    ["at a plural of one", () => Schedule.aws("rate(1 hours)"), "ScheduleUnreadable"],
  ])("is refused %s", (_mistake, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  test("knows the changes of the clocks that hit it, on their days only", () => {
    const changes = (expression: string) =>
      Schedule.cron(expression, { zone: "America/New_York" }).clockChanges(FROM).slice(0, 2);
    expect(changes("30 1 * * *")).toMatchObject([
      { kind: "repeated", wallClock: "2027-11-07 01:30" },
      { kind: "repeated", wallClock: "2028-11-05 01:30" },
    ]);
    expect(changes("30 2 * * 1-5")).toEqual([]);
    expect(Schedule.cron("30 2 * * *").clockChanges(FROM)).toEqual([]);
  });

  test("says itself in words", () => {
    expect(readSchedule("30 2 * * 1-5").describe()).toBe("At 02:30, Monday through Friday, UTC");
    expect(readSchedule("cron(0 3 ? * 6L *)").describe()).toContain(
      "on the last 7 days of the month, if that is a Fri",
    );
  });
});
