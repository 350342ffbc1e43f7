import { describe, expect, test } from "@jest/globals";
import { tmpdir } from "node:os";
import type { ScheduleReport } from "../../lib/cli/commands/schedule";
import { runCli } from "./run-cli";

const schedule = (...args: string[]) => runCli(tmpdir(), ["schedule", ...args]);

describe("sterna schedule", () => {
  test("shows every scheduler's form, the next ten runs and the words, outside of a project too", async () => {
    const { status, json } = await schedule("30 2 * * 1-5", "--zone", "Europe/Berlin", "--json");
    expect(status).toBe(0);
    const report = json<ScheduleReport & Record<string, unknown>>();
    expect(report).toMatchObject({
      description: "At 02:30, Monday through Friday, Europe/Berlin time",
      zone: "Europe/Berlin",
    });
    expect(report.nextRuns).toHaveLength(10);
    const lines = Object.fromEntries(
      report.forms.map((form) => [form.target, "lines" in form ? form.lines : form.refused.code]),
    );
    expect(lines).toEqual({
      systemd: ["OnCalendar=Mon..Fri *-*-* 02:30:00 Europe/Berlin"],
      crontab: ["CRON_TZ=Europe/Berlin", "30 2 * * 1-5"],
      "eventbridge-scheduler": ["cron(30 2 ? * MON-FRI *)"],
      "eventbridge-rule": "ScheduleZoneUnsupported",
      "aws-backup": ["cron(30 2 ? * MON-FRI *)"],
      "cloud-scheduler": ["30 2 * * 1-5"],
      "kubernetes-cronjob": ["30 2 * * 1-5"],
    });
  });

  test("says what cannot be said, and why", async () => {
    const { stdout } = await schedule("*-*~01 02:00");
    expect(stdout).toContain("At 02:00, on the last day of the month, UTC");
    expect(stdout).toMatch(/crontab +cannot .*February ends on the 28th or the 29th.*\(ScheduleUntranslatable\)/);
    expect(stdout).toContain("cron(0 2 L * ? *)");
  });

  test("warns of an hour that the clocks skip", async () => {
    const { stdout } = await schedule("30 2 * * *", "--zone", "America/New_York");
    expect(stdout).toMatch(/02:30 in America\/New_York is skipped by the change of the clocks/);
  });

  test.each([
    ["5 4 3 2", "ScheduleUnreadable"],
    ["22-2 * * * *", "ScheduleUnreadable"],
    ["0 2 * * ? *", "ScheduleUnreadable"],
    ["0 0 */2 * 5", "ScheduleAmbiguous"],
    ["0 0 30 2 *", "ScheduleNeverFires"],
  ])("refuses %s", async (expression, code) => {
    const { status, json } = await schedule(expression, "--json");
    expect({ status, ...json<{ error: object }>() }).toMatchObject({ status: 1, error: { code } });
  });

  test("refuses a zone that is none", async () => {
    const { status, stderr } = await schedule("@daily", "--zone", "Mars/Olympus");
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("ScheduleZoneUnknown") });
  });
});
