import type { ClockChange } from "../../core/schedule/summer-time";
import type { ScheduleForm, ScheduleTarget } from "../../core/schedule/schedule-target";
import type { Terminal } from "../terminal";

/** What a scheduler cannot say, and why. */
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

/** The report for people. */
export function scheduleText(report: ScheduleReport, colors: Terminal["colors"]): string {
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
