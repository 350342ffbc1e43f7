import { expect, test } from "@jest/globals";
import { execa } from "execa";
import fc from "fast-check";
import { readSchedule, Schedule } from "../../../lib/schedule/schedule";
import { awsCron, onCalendar, unixCron } from "../../core/schedule/random-schedules";
import { WALL_CLOCK_END, WALL_CLOCK_START, wallClockRuns } from "../../schedule/wall-clock";
import { requires } from "../../support/requirements";

const RUNS = 20;

/** When systemd itself elapses, for each expression: UTC, without a zone. */
async function systemdRuns(expressions: readonly string[]): Promise<string[][]> {
  const base = `--base-time=${WALL_CLOCK_START} UTC`;
  const args = ["calendar", `--iterations=${RUNS}`, base, ...expressions];
  const { stdout, stderr } = await execa("systemd-analyze", args, {
    env: { TZ: "UTC", LC_ALL: "C" },
    reject: false,
  });
  expect(stderr).toBe("");
  const blocks = stdout.split("\n\n");
  expect(blocks).toHaveLength(expressions.length);
  return blocks.map((block) =>
    [...block.matchAll(/(?:Next elapse|Iter\. #\d+): \w{3} (\S+) (\S+) UTC/g)].map(([, day, time]) => `${day}T${time}`),
  );
}

/** systemd goes on for ever, and the test looks at three years. */
const within = (runs: readonly string[]) => runs.filter((run) => run < WALL_CLOCK_END);

requires("systemd")("a schedule and systemd", () => {
  test("agree about 1 000 expressions of OnCalendar, as they were written", async () => {
    // GIVEN
    const texts = fc.sample(onCalendar, { numRuns: 1_000, seed: 6 });
    // WHEN
    const runs = await systemdRuns(texts);
    // THEN
    texts.forEach((text, index) => {
      const { rules } = orNever(() => Schedule.onCalendar(text)) ?? { rules: [] };
      const ours = wallClockRuns(rules, RUNS);
      expect({ text, runs: within(ours) }).toEqual({ text, runs: within(runs[index]!) });
    });
  }, 90_000);

  test("agree about what Sterna makes of 1 000 expressions of cron and AWS", async () => {
    // GIVEN
    const texts = fc.sample(fc.oneof(unixCron, awsCron), { numRuns: 1_000, seed: 7 });
    const schedules = texts.flatMap((text) => orNever(() => readSchedule(text)) ?? []);
    const lines = schedules.map((schedule) =>
      schedule.for("systemd").lines.map((line) => line.replace("OnCalendar=", "")),
    );
    // WHEN
    const runs = await systemdRuns(lines.flat());
    // THEN
    expect(schedules.length).toBeGreaterThan(950);
    for (const [index, schedule] of schedules.entries()) {
      const theirs = new Set(lines[index]!.flatMap(() => runs.shift()!));
      const ours = wallClockRuns(schedule.rules, RUNS);
      expect({ lines: lines[index], runs: within(ours) }).toEqual({
        lines: lines[index],
        runs: within([...theirs].sort()).slice(0, RUNS),
      });
    }
  }, 90_000);

  test("agree in a zone, but for the hour that the clocks skip", async () => {
    // GIVEN a nightly backup at an hour that New York skips on 2027-03-14
    const schedule = Schedule.cron("30 2 * * *", { zone: "America/New_York" });
    // WHEN
    const [theirs] = await systemdRuns(["*-*-* 02:30:00 America/New_York"]);
    const ours = schedule
      .nextRuns(RUNS + 10, new Date("2027-02-20T00:00:00Z"))
      .map((run) => run.toISOString().slice(0, 19));
    // THEN systemd loses that night, which is why Sterna warns of it
    expect(ours.filter((run) => run <= theirs!.at(-1)! && !theirs!.includes(run))).toEqual(
      theirs!.at(-1)! > "2027-03-14" ? ["2027-03-14T07:30:00"] : [],
    );
    expect(schedule.clockChanges(new Date("2027-02-20T00:00:00Z"))[0]).toEqual({
      kind: "skipped",
      at: new Date("2027-03-14T07:00:00Z"),
      wallClock: "2027-03-14 02:30",
    });
  });

  test("agree about 00:00 where a step does not divide the hour, since Sterna writes the end", async () => {
    // GIVEN what a person writes, and what Sterna writes
    const { lines } = Schedule.onCalendar("*:0/7").for("systemd");
    expect(lines).toEqual(["OnCalendar=*-*-* *:00..56/7:00 UTC"]);
    // WHEN
    const [written, ours] = await systemdRuns(["*:0/7", "*:00..56/7"]);
    // THEN systemd 252 loses the run at midnight of the first one
    expect(ours![0]).toBe("2027-02-20T00:00:00");
    expect(["2027-02-20T00:00:00", "2027-02-20T00:07:00"]).toContain(written![0]);
  });

  test.each([
    ["*:*/15", "no stars with a step"],
    ["*-*-* */5:00", "no stars with a step"],
    ["*-*-31/1", "a step that leads nowhere"],
    ["Sun..Mon", "a week begins on Monday"],
    ["*-*-~1", "either a hyphen or a tilde"],
    ["*-*-* 23:59:60", "no leap seconds"],
    ["5,7..9,2", "neither a date nor a time"],
    ["*-*-* 2:00 Mars/X", "no such zone"],
    ["24:00", "no hour 24"],
    ["*-13-01", "no month 13"],
    ["Mo 2:00", "no such day"],
    ["22..2:00", "a range runs forwards"],
    ["*:0/0", "no step of 0"],
    ["2", "no hour alone"],
  ])("both refuse %s: %s", async (expression) => {
    expect(() => Schedule.onCalendar(expression)).toThrow();
    const { exitCode } = await execa("systemd-analyze", ["calendar", expression], { reject: false });
    expect(exitCode).not.toBe(0);
  });
});

function orNever(read: () => Schedule): Schedule | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as { code?: string }).code === "ScheduleNeverFires") return undefined;
    throw error;
  }
}
