import { type Command, InvalidArgumentError } from "commander";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type SystemStatus,
  type StepState,
  type StepStatus,
  progressText,
  isSilent,
} from "../../toolkit/ledgers/system-status";
import { openStatus } from "../../toolkit/status";
import type { Toolkit } from "../../toolkit/toolkit";
import { verify } from "../../toolkit/verify";
import { EXIT_STATUS, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import { inProject } from "../terminal/stack-command";
import { tableLines } from "../terminal/table";
import type { CommonOptions, Terminal } from "../terminal/terminal";

const POLL_MILLISECONDS = 1_000;
/** Number of reads without a running step after which following ends: between two steps, nothing runs for a while. */
const IDLE_LOOKS = 10;

interface StatusOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly steps?: boolean;
  readonly failOn?: readonly Trouble[];
}

/** Values of `--fail-on`: states of steps, and `drift`, which runs the verify queries. */
const TROUBLES = ["failed", "pending", "running", "leftover", "drift"] as const;
type Trouble = (typeof TROUBLES)[number];

export function statusCommand(run: CommandRunner): Command {
  return newCommand("status", "show which release runs where, and which steps are applied", {
    "sterna status": "all systems in all environments",
    "sterna status app-ef --steps": "one system, step by step",
    "sterna status app-ef --follow": "what runs, live, until nothing has run for 10 seconds",
    "sterna status --json": "for a pipeline; exit status 1 when a ledger cannot be read",
    "sterna status --fail-on failed,drift": "for a monitor; exit status 1 also for failed steps and for drift",
  })
    .argument("[system]", "only this system")
    .option("--steps", "show each step")
    .option("--follow", "first show what runs, as it runs, until nothing has run for 10 seconds")
    .option(
      "--fail-on <states>",
      `end with 1 when a step is in one of these states: ${TROUBLES.join(", ")}`,
      readTroubles,
    )
    .action((system: string | undefined, options: StatusOptions) =>
      run(options, async (context) => {
        const { terminal } = context;
        const { toolkit } = inProject(context);
        const look = await openStatus(toolkit, system === undefined ? {} : { system });
        terminal.announce("reading ledgers…");
        const statuses = options.follow ? await follow(look, terminal) : await look();
        terminal.showLive(undefined);

        const trouble = await findTrouble(statuses, options.failOn ?? [], toolkit);
        terminal.printJson({
          systems: statuses.map((status) => ({ ...status, summary: summarizeStates(status.steps) })),
          ...(options.failOn && { trouble }),
        });
        terminal.print(statusTable(statuses, terminal.colors));
        for (const status of statuses) {
          for (const line of stepLines(status, options.steps ?? false, terminal.colors)) terminal.print(line);
        }
        for (const { system: name, environment, step, state } of trouble) {
          terminal.print(terminal.colors.red(`${name} in ${environment}: ${step} ${TROUBLE_WORDS[state]}`));
        }
        const isUnreadable = statuses.some(({ unreadable }) => unreadable.length > 0);
        return isUnreadable || trouble.length > 0 ? EXIT_STATUS.error : EXIT_STATUS.done;
      }),
    );
}

interface FoundTrouble {
  readonly system: string;
  readonly environment: string;
  readonly step: string;
  readonly state: Trouble;
}

const TROUBLE_WORDS: Record<Trouble, string> = {
  failed: "failed",
  pending: "is not applied",
  running: "is running",
  leftover: "is applied, and the configuration does not know it",
  drift: "does not hold any more, or cannot be verified",
};

/** The steps that match the monitored states. */
async function findTrouble(
  statuses: readonly SystemStatus[],
  failOn: readonly Trouble[],
  toolkit: Toolkit,
): Promise<FoundTrouble[]> {
  const found: FoundTrouble[] = [];
  for (const { system, environment, steps } of statuses) {
    for (const { id, state } of steps) {
      // A step that is being undone counts as running.
      const named = state === "undoing" ? "running" : state;
      if ((failOn as readonly string[]).includes(named)) {
        found.push({ system, environment, step: id, state: named as Trouble });
      }
    }
    if (!failOn.includes("drift") || !steps.some(({ state }) => state === "applied")) continue;
    const { steps: verified } = await verify(toolkit, { system, environment });
    const drifted = verified.filter(({ verdict }) => verdict === "drift" || verdict === "unanswered");
    found.push(...drifted.map(({ id }) => ({ system, environment, step: id, state: "drift" as const })));
  }
  return found;
}

function readTroubles(text: string): Trouble[] {
  return text.split(",").map((name) => {
    const known = TROUBLES.find((each) => each === name.trim());
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`"${name}" is not a state; write ${TROUBLES.join(", ")}, with commas.`);
  });
}

/** Reads the status repeatedly, and reports changes. */
async function follow(
  look: () => Promise<SystemStatus[]>,
  terminal: CommandContext["terminal"],
): Promise<SystemStatus[]> {
  const follower = new StatusFollower(terminal);
  for (let idle = 0; ; await sleep(POLL_MILLISECONDS)) {
    const statuses = await look();
    idle = follower.show(statuses, Date.now()) ? 0 : idle + 1;
    if (idle >= IDLE_LOOKS) return statuses;
  }
}

type Colors = Terminal["colors"];

/** Number of steps in each state. States without steps are omitted. */
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

function summarizeStates(steps: readonly StepStatus[]): StateCounts {
  const counts: StateCounts = {};
  for (const { state } of steps) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Systems in rows, environments in columns. */
function statusTable(statuses: readonly SystemStatus[], { bold }: Colors): string {
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
  const [headings, ...lines] = tableLines(rows);
  return [bold(headings!), ...lines].join("\n");
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

/** What does not fit into the table: steps that need attention, or all of them. */
function stepLines(status: SystemStatus, all: boolean, colors: Colors): string[] {
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

/** Minimum milliseconds between two plain lines about a step, to keep a log readable. */
const LINE_MILLISECONDS = 10_000;

/** Turns successive readings of the ledgers into a live line, and lines about changes. */
export class StatusFollower {
  private readonly seen = new Map<string, StepStatus["state"]>();
  private readonly lines = new Map<string, { readonly text: string; readonly at: number }>();

  constructor(private readonly terminal: Terminal) {}

  /**
   * @param now milliseconds since 1970
   * @returns whether any step is in progress with recent heartbeats
   */
  show(statuses: readonly SystemStatus[], now: number): boolean {
    const steps = statuses.flatMap((status) => status.steps.map((step) => ({ status, step })));
    const running: string[] = [];
    let alive = false;
    for (const { status, step } of steps) {
      const name = `${status.system} ${status.environment}: ${step.id}`;
      const before = this.seen.get(name);
      this.seen.set(name, step.state);
      if (isWorkedOn(step)) {
        running.push(this.follow(name, step, now));
        alive ||= !isSilent({ startedAt: step.startedAt!, progress: step.progress }, now);
      } else if (before !== undefined && before !== step.state) this.tellEnd(name, step);
    }
    this.terminal.showLive(running.length === 0 ? undefined : running.join(" · "));
    return alive;
  }

  private follow(name: string, step: StepStatus, now: number): string {
    const doing = step.state === "undoing" ? "undoing" : "running";
    const text = `${name} ${doing}, ${progressText({ startedAt: step.startedAt!, progress: step.progress }, now)}`;
    const { message } = step.progress ?? {};
    const last = this.lines.get(name);
    // On a terminal, the live line shows it.
    if (!this.terminal.live && (last === undefined || (last.text !== message && now - last.at >= LINE_MILLISECONDS))) {
      this.lines.set(name, { text: message ?? "", at: now });
      this.terminal.report(text);
    }
    return text;
  }

  private tellEnd(name: string, { state, error }: StepStatus): void {
    const { green, red, yellow } = this.terminal.colors;
    if (state === "applied") return this.terminal.report(`${green("✓")} ${name} applied`);
    if (state === "failed") return this.terminal.report(`${red("✗")} ${name} failed: ${error?.split("\n")[0] ?? ""}`);
    this.terminal.report(`${yellow("·")} ${name} ${state}`);
  }
}

function isWorkedOn({ state, startedAt }: StepStatus): boolean {
  return startedAt !== undefined && (state === "running" || state === "undoing");
}
