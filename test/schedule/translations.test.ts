import { describe, expect, test } from "@jest/globals";
import { Cron } from "croner";
import fc from "fast-check";
import type { CalendarRule } from "../../lib/schedule/calendar-rule";
import { parseAwsCron } from "../../lib/schedule/aws-expressions";
import { parseOnCalendar } from "../../lib/schedule/on-calendar";
import { readSchedule, Schedule } from "../../lib/schedule/schedule";
import { parseUnixCron } from "../../lib/schedule/unix-cron";
import { SCHEDULE_TARGETS, type ScheduleTarget } from "../../lib/schedule/targets";
import { SternaError } from "../../lib/core/errors";
import { awsCron, onCalendar, unixCron } from "../core/schedule/random-schedules";
import { wallClockRuns } from "./wall-clock";

const ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"];
const SEED = 6;

/** What a scheduler of the target understands when it reads the lines. */
function readBack(target: ScheduleTarget, lines: readonly string[], zone: string): CalendarRule[] {
  switch (target) {
    case "systemd":
      return lines.map((line) => {
        const read = parseOnCalendar(line.replace("OnCalendar=", ""));
        if (read.zone !== zone) throw new Error(`${line} is in another zone than ${zone}`);
        return read.rule;
      });
    case "crontab":
      if (lines[0] !== `CRON_TZ=${zone}`) throw new Error(`${lines[0]} is another zone than ${zone}`);
      return lines.slice(1).flatMap(parseUnixCron);
    case "kubernetes-cronjob":
    case "cloud-scheduler":
      return lines.flatMap(parseUnixCron);
    case "aws-backup":
    case "eventbridge-rule":
    case "eventbridge-scheduler":
      return lines.flatMap(parseAwsCron);
  }
}

/** The schedule, or nothing where it never comes. */
function read(text: string, zone: string): Schedule | undefined {
  try {
    return readSchedule(text, { zone });
  } catch (error) {
    if ((error as SternaError).code === "ScheduleNeverFires") return undefined;
    throw error;
  }
}

describe("a schedule of any language, written for any scheduler", () => {
  // aws-backup, eventbridge-rule and kubernetes-cronjob write what others write.
  const targets = ["systemd", "crontab", "cloud-scheduler", "eventbridge-scheduler"] as const;
  const anySchedule = fc.oneof(unixCron, onCalendar, awsCron);

  test("has the same next 20 runs, 10 000 times, over six changes of the clocks", () => {
    // GIVEN
    let different = 0;
    const written = { systemd: 0, crontab: 0, "cloud-scheduler": 0, "eventbridge-scheduler": 0 };
    fc.assert(
      fc.property(anySchedule, fc.constantFrom(...ZONES), (text, zone) => {
        const schedule = read(text, zone);
        if (schedule === undefined) return;
        for (const target of targets) {
          // WHEN
          let lines: readonly string[];
          try {
            lines = schedule.for(target).lines;
          } catch (error) {
            if ((error as SternaError).code !== "ScheduleUntranslatable") throw error;
            continue;
          }
          // THEN
          written[target]++;
          const again = readBack(target, lines, zone);
          // The runs follow from the rules: they are looked for where the rules are not the same, letter by letter.
          if (JSON.stringify(again) === JSON.stringify(schedule.rules)) continue;
          different++;
          const runs = wallClockRuns(again, 20);
          const expected = wallClockRuns(schedule.rules, 20);
          if (runs.join() !== expected.join())
            expect({ target, lines, runs }).toEqual({ target, lines, runs: expected });
        }
      }),
      { numRuns: 10_000, seed: SEED },
    );
    expect(different).toBeGreaterThan(200);
    // Nothing but a day that never comes is beyond systemd; a law about few lines would say little.
    expect(written.systemd).toBeGreaterThan(9_000);
    expect(written.crontab).toBeGreaterThan(4_000);
    expect(written["cloud-scheduler"]).toBeGreaterThan(4_000);
    expect(written["eventbridge-scheduler"]).toBeGreaterThan(5_000);
  }, 60_000);

  test("comes when croner says, in every zone, right before the clocks change", () => {
    const runs = { numRuns: 30, seed: SEED };
    fc.assert(
      fc.property(
        anySchedule,
        fc.constantFrom(...ZONES),
        fc.constantFrom("2027-03-12", "2027-10-29"),
        (text, zone, day) => {
          // GIVEN
          const from = new Date(`${day}T00:00:00Z`);
          const schedule = read(text, zone);
          if (schedule === undefined) return;
          const expected = schedule.nextRuns(20, from);
          for (const target of SCHEDULE_TARGETS.filter((each) => each !== "aws-backup")) {
            let lines: readonly string[];
            try {
              lines = schedule.for(target).lines;
            } catch {
              continue;
            }
            // WHEN
            const again = readBack(target, lines, zone).map((rule) => JSON.stringify(rule));
            // THEN the rules are the same, or they have the same runs
            if (JSON.stringify(again) === JSON.stringify(schedule.rules.map((rule) => JSON.stringify(rule)))) continue;
            if (target === "systemd") expect(Schedule.onCalendar(lines).nextRuns(20, from)).toEqual(expected);
            else if (lines.length === 1 && target !== "crontab") {
              expect(readSchedule(lines[0]!, { zone }).nextRuns(20, from)).toEqual(expected);
            }
          }
        },
      ),
      runs,
    );
  }, 60_000);

  test("of cron is what croner reads in it", () => {
    fc.assert(
      fc.property(unixCron, fc.constantFrom(...ZONES), (text, zone) => {
        const schedule = read(text, zone);
        if (schedule === undefined) return;
        const from = new Date("2027-03-12T00:00:00Z");
        // Without a year to stop at, croner looks for a day that never comes for long.
        const croner = new Cron(text, { timezone: zone, mode: text.startsWith("@") ? undefined : "5-part" });
        expect(schedule.nextRuns(20, from)).toEqual(croner.nextRuns(20, from));
      }),
      { numRuns: 50, seed: SEED },
    );
  }, 60_000);

  test("of AWS is what croner reads in it with AWS's numbers of the weekdays", () => {
    fc.assert(
      fc.property(awsCron, (text) => {
        const schedule = read(text, "UTC");
        if (schedule === undefined) return;
        const from = new Date("2027-03-12T00:00:00Z");
        const croner = new Cron(`0 ${text.slice("cron(".length, -1)}`, {
          timezone: "UTC",
          alternativeWeekdays: true,
          sloppyRanges: true,
        });
        expect(schedule.nextRuns(20, from)).toEqual(croner.nextRuns(20, from));
      }),
      { numRuns: 50, seed: SEED },
    );
  }, 60_000);
});
