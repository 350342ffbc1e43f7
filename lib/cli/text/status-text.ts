import type { StepState, StepStatus } from "../ledgers/step-states";
import type { SystemStatus } from "../ledgers/system-status";
import type { Terminal } from "../terminal";
import { progressText } from "./progress-text";

type Colors = Terminal["colors"];

/** How many steps are in which state; states without steps are left out. */
export type StateCounts = Partial<Record<StepState, number>>;

const SIGNS: Record<StepState, string> = {
  applied: "✓",
  pending: "·",
  running: "…",
  failed: "✗",
  undoing: "↺",
  unknown: "?",
  leftover: "!",
};

export function summarizeStates(steps: readonly StepStatus[]): StateCounts {
  const counts: StateCounts = {};
  for (const { state } of steps) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Systems down, environments across. */
export function statusTable(statuses: readonly SystemStatus[], { bold }: Colors): string {
  const systems = [...new Set(statuses.map(({ system }) => system))];
  const environments = [...new Set(statuses.map(({ environment }) => environment))];
  const cell = (system: string, environment: string): string => {
    const status = statuses.find((each) => each.system === system && each.environment === environment);
    return status === undefined ? "–" : describeStatus(status);
  };
  const rows = [
    ["", ...environments],
    ...systems.map((system) => [system, ...environments.map((environment) => cell(system, environment))]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join("   ")
      .trimEnd(),
  );
  return [bold(lines[0]!), ...lines.slice(1)].join("\n");
}

/** `1.0.0  5/7 applied, 1 failed, 1 pending` */
function describeStatus({ release, steps, unreadable }: SystemStatus): string {
  const counts = summarizeStates(steps);
  const declared = steps.length - (counts.leftover ?? 0);
  const others = Object.entries(counts)
    .filter(([state]) => state !== "applied")
    .map(([state, count]) => `${count} ${state}`);
  const applied = declared === 0 ? "no steps" : `${counts.applied ?? 0}/${declared} applied`;
  const reachable = unreadable.length === 0 ? [] : ["ledger unreadable"];
  return `${release}  ${[applied, ...others, ...reachable].join(", ")}`;
}

/** What the table has no room for: steps that need attention, or all of them. */
export function stepLines(status: SystemStatus, all: boolean, colors: Colors): string[] {
  const { system, environment, release, steps, unreadable } = status;
  const shown = all ? steps : steps.filter(({ state }) => !["applied", "pending", "unknown"].includes(state));
  if (shown.length === 0 && unreadable.length === 0) return [];
  return [
    "",
    colors.bold(`${system} in ${environment}, release ${release}`),
    ...shown.map((step) => stepLine(step, colors)),
    ...unreadable.map(({ code, message }) => colors.red(`  ${code}: ${message}`)),
  ];
}

function stepLine(step: StepStatus, colors: Colors): string {
  const { id, title, state, release, appliedAt, startedAt, progress, error } = step;
  const paint =
    state === "applied" ? colors.green : ["failed", "leftover"].includes(state) ? colors.red : colors.yellow;
  const when = appliedAt === undefined ? "" : ` ${appliedAt}`;
  const meaning =
    state === "leftover" ? " (the configuration does not know it: the next apply rolls it back or forgets it)" : "";
  const far = startedAt === undefined ? "" : `\n      ${progressText({ startedAt, progress }, Date.now())}`;
  const reason = error === undefined ? "" : `\n      ${error.split("\n")[0]}`;
  return `  ${paint(`${SIGNS[state]} ${id}`)}  ${title} ${colors.dim(`(${release}, ${state}${when})`)}${meaning}${far}${reason}`;
}
