import type { PlanSummary } from "../../promotion/plan/plan-summary";
import type { RecordedStep } from "../../promotion/records/apply-record";
import type { StepChange } from "../../promotion/plan/step-change";
import type { TerraformEvent } from "./diagnostics";
import type { StepRecord } from "../../manifest/step-record";
import type { Reporter } from "../reporter";
import { progressText } from "../ledgers/system-status";

/** How long a step runs before its ledger is read: the engine records nothing about shorter ones. */
const LONG_MILLISECONDS = 2_000;
const DONE: Record<string, string> = { create: "created", update: "changed", delete: "destroyed" };
const STEP_DONE: Record<string, string> = {
  run: "applied",
  retry: "applied",
  adopt: "adopted",
  describe: "described",
  "roll-back": "rolled back",
  forget: "taken out of the ledger",
};

/** Turns Terraform's events into lines, and tracks the progress of the steps. */
export class ApplyProgress {
  private readonly steps: ReadonlyMap<string, StepChange>;
  private readonly started = new Map<string, number>();
  private readonly statuses = new Map<string, RecordedStep["status"]>();
  private readonly running = new Set<string>();
  private readonly doneResources = new Set<string>();
  private readonly told = new Map<string, string>();

  constructor(
    private readonly summary: PlanSummary,
    private readonly terminal: Reporter,
  ) {
    this.steps = new Map([...summary.steps, ...summary.rollbacks].map((step) => [step.address, step]));
  }

  onEvent(event: TerraformEvent): void {
    const { hook, type } = event;
    if (hook === undefined || hook.action === "read") return;
    const address = hook.resource.addr;
    const step = this.steps.get(address);
    // Terraform treats a retry as a replacement: it drops the failed attempt from the state before it retries.
    if (step?.action === "retry" && hook.action === "delete" && type !== "apply_errored") return;
    switch (type) {
      case "apply_start":
        this.started.set(address, event.time);
        this.running.add(address);
        return this.terminal.showLive(`${this.nameOf(address)} …`);
      case "apply_progress":
        return this.stillRunning(address, hook.elapsed_seconds ?? 0);
      case "apply_complete":
        this.running.delete(address);
        return this.finished(address, hook.action, event.time);
      case "apply_errored":
        this.running.delete(address);
        return this.failed(address, event.time);
    }
  }

  /** Whether a step has run for so long that reading its ledger is worthwhile. */
  isWaiting(now: number): boolean {
    return [...this.running].some(
      (address) => this.steps.has(address) && now - this.started.get(address)! >= LONG_MILLISECONDS,
    );
  }

  /**
   * Shows what the ledger reports about running steps.
   *
   * @param waitsFor output of a step that has not begun because another run works on it: the row belongs to that run
   */
  onRows(
    rows: ReadonlyMap<string, StepRecord>,
    now: number,
    waitsFor: (id: string) => string | undefined = () => undefined,
  ): void {
    this.told.clear();
    for (const address of this.running) {
      const waits = waitsFor(this.nameOf(address));
      const row = rows.get(this.nameOf(address));
      if (waits !== undefined) this.told.set(address, waits);
      else if (row?.progress !== undefined) this.told.set(address, progressText(row, now));
    }
    if (this.running.size === 0) return;
    this.terminal.showLive([...this.running].map((address) => this.liveText(address)).join(" · "));
  }

  /** Result of each step in the plan, in execution order. */
  recordedSteps(): RecordedStep[] {
    return [...this.summary.rollbacks, ...this.summary.steps].map(
      ({ address, id, release, action, checksum, attributes }) => ({
        id,
        release,
        action,
        ...(checksum === undefined ? {} : { checksum }),
        ...(attributes === undefined ? {} : { attributes }),
        status: this.statuses.get(address) ?? "pending",
      }),
    );
  }

  /** Addresses of the resources that Terraform completed. */
  finishedResources(): ReadonlySet<string> {
    return this.doneResources;
  }

  private stillRunning(address: string, seconds: number): void {
    const told = this.told.get(address);
    const line = `… ${this.nameOf(address)} still running, ${told ?? `${seconds} s`}`;
    this.terminal.report(this.terminal.colors.dim(line));
    this.terminal.showLive(this.liveText(address));
  }

  private liveText(address: string): string {
    return `${this.nameOf(address)} ${this.told.get(address) ?? "…"}`;
  }

  private finished(address: string, action: string, time: number): void {
    const step = this.steps.get(address);
    if (step === undefined) this.doneResources.add(address);
    else this.statuses.set(address, "done");
    const verb = step === undefined ? (DONE[action] ?? action) : (STEP_DONE[step.action] ?? step.action);
    this.terminal.report(
      `${this.terminal.colors.green("✓")} ${this.nameOf(address)} ${verb} ${this.duration(address, time, "in")}`,
    );
  }

  private failed(address: string, time: number): void {
    if (this.steps.has(address)) this.statuses.set(address, "failed");
    this.terminal.report(
      `${this.terminal.colors.red("✗")} ${this.nameOf(address)} failed ${this.duration(address, time, "after")}`,
    );
  }

  private nameOf(address: string): string {
    return this.steps.get(address)?.id ?? address;
  }

  private duration(address: string, time: number, word: string): string {
    const milliseconds = time - (this.started.get(address) ?? time);
    return `${word} ${(milliseconds / 1000).toFixed(1)} s`;
  }
}
