import { Option, type Command } from "commander";
import { readSchedule, SCHEDULE_LANGUAGES, type ScheduleLanguage } from "../../core/schedule/parse-schedule";
import type { Schedule } from "../../core/schedule/schedule";
import { SCHEDULE_TARGETS, type ScheduleForm, type ScheduleTarget } from "../../core/schedule/schedule-target";
import { SternaError } from "../../core/sterna-error";
import { EXIT_STATUS } from "../exit-status";
import type { CommonOptions } from "../terminal";
import { scheduleText, type ScheduleReport } from "../text/schedule-text";
import { newCommand, type CommandRunner } from "./command";

interface ScheduleCommandOptions extends CommonOptions {
  readonly from?: ScheduleLanguage;
  readonly zone?: string;
}

const SHOWN_RUNS = 10;

export function scheduleCommand(run: CommandRunner): Command {
  return newCommand("schedule", "show what a schedule means, when it comes, and how every scheduler writes it", {
    'sterna schedule "0 2 * * *"': "five fields of a crontab",
    'sterna schedule "Mon..Fri 02:30 Europe/Berlin"': "OnCalendar of systemd",
    'sterna schedule "cron(0 2 ? * MON-FRI *)"': "cron or rate of AWS",
  })
    .argument("<expression>", "the schedule, quoted; several lines of OnCalendar are separated by line breaks")
    .addOption(
      new Option("--from <language>", "language of the expression, if its form does not tell").choices([
        ...SCHEDULE_LANGUAGES,
      ]),
    )
    .option("--zone <zone>", "zone of its wall clock, such as Europe/Berlin (default: what it names, else UTC)")
    .action((expression: string, options: ScheduleCommandOptions) =>
      run(options, async ({ terminal }) => {
        const report = reportOn(readSchedule(expression, options));
        terminal.printJson(report);
        terminal.print(scheduleText(report, terminal.colors));
        return EXIT_STATUS.done;
      }),
    );
}

function reportOn(schedule: Schedule): ScheduleReport {
  const { source, zone } = schedule;
  return {
    source,
    zone,
    description: schedule.describe(),
    nextRuns: schedule.nextRuns(SHOWN_RUNS).map((run) => run.toISOString()),
    clockChanges: schedule.clockChanges().map((change) => ({ ...change, at: change.at.toISOString() })),
    forms: SCHEDULE_TARGETS.map((target) => formOrRefusal(schedule, target)),
  };
}

function formOrRefusal(schedule: Schedule, target: ScheduleTarget): ScheduleReport["forms"][number] {
  try {
    return schedule.for(target) satisfies ScheduleForm;
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    return { target, refused: { code: error.code, message: error.message } };
  }
}
