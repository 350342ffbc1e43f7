import type { StepStatus } from "../ledgers/step-states";
import type { SystemStatus } from "../ledgers/system-status";
import type { Terminal } from "../terminal";
import { isSilent, progressText } from "./progress-text";

/** Milliseconds between two plain lines about a step: a log must stay readable. */
const LINE_MILLISECONDS = 10_000;

/** Turns one look at the ledgers after the other into a live line, and lines about what changed. */
export class StatusFollower {
  private readonly seen = new Map<string, StepStatus["state"]>();
  private readonly lines = new Map<string, { readonly text: string; readonly at: number }>();

  constructor(private readonly terminal: Terminal) {}

  /**
   * @param now milliseconds since 1970
   * @returns whether any step is worked on, and shows signs of life
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
    // On a terminal the live line tells it.
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
