import { Option, type Command } from "commander";
import { SternaError } from "../../core/errors";
import type { ClockChange } from "../../schedule/clock";
import { readSchedule, SCHEDULE_LANGUAGES, type ScheduleLanguage, type Schedule } from "../../schedule/schedule";
import { SCHEDULE_TARGETS, type ScheduleForm, type ScheduleTarget } from "../../schedule/targets";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

interface ScheduleCommandOptions extends CommonOptions {
  readonly from?: ScheduleLanguage;
  readonly zone?: string;
}

const SHOWN_RUNS = 10;

export function scheduleCommand(run: CommandRunner): Command {
  return newCommand("schedule", "explain a schedule: its next runs, and how each scheduler writes it", {
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

/** What a scheduler cannot express, and why. */
export interface RefusedForm {
  readonly target: ScheduleTarget;
  readonly refused: { readonly code: string; readonly message: string };
}

/** What `sterna schedule --json` prints. Times are in UTC. */
export interface ScheduleReport {
  readonly source: string;
  readonly zone: string;
  readonly description: string;
  readonly nextRuns: readonly string[];
  readonly clockChanges: readonly (Omit<ClockChange, "at"> & { readonly at: string })[];
  readonly forms: readonly (ScheduleForm | RefusedForm)[];
}

const LABEL_WIDTH = 23;

/** The report, for display. */
function scheduleText(report: ScheduleReport, colors: Terminal["colors"]): string {
  const { bold, dim, yellow } = colors;
  const runs = report.nextRuns.map((run) => `  ${run.slice(0, 19).replace("T", " ")} UTC`);
  const changes = report.clockChanges.map(
    ({ kind, at, wallClock }) =>
      `${wallClock} in ${report.zone} is ${kind} by the change of the clocks on ${at.slice(0, 10)}: ` +
      (kind === "skipped" ? "systemd and EventBridge leave that run out" : "some schedulers run twice"),
  );
  return [
    bold(report.description),
    "",
    runs.length > 0 ? `${bold("Next runs")}\n${runs.join("\n")}` : dim("Next runs: counted from when it is made"),
    ...(changes.length > 0 ? ["", ...changes.map((change) => yellow(`! ${change}`))] : []),
    "",
    ...report.forms.map((form) => formText(form, colors)),
  ].join("\n");
}

function formText(form: ScheduleForm | RefusedForm, { cyan, dim, red }: Terminal["colors"]): string {
  const label = cyan(form.target.padEnd(LABEL_WIDTH));
  if ("refused" in form) return `${label}${red("cannot")} ${form.refused.message} ${dim(`(${form.refused.code})`)}`;
  const indent = `\n${" ".repeat(LABEL_WIDTH)}`;
  const zone = form.zone === undefined ? [] : [dim(`time zone ${form.zone}`)];
  return `${label}${[...form.lines, ...zone, ...form.notes.map((note) => dim(note))].join(indent)}`;
}
