import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../engine/engine-error";

/** How long no removal comes before all of them are known. */
const QUIET_MILLISECONDS = 1_000;
const POLL_MILLISECONDS = 25;
const MOST_ROLLBACK_WARNINGS = 10;

/** A step as Terraform names it to the provider: it never says at which address. */
export interface PlannedStep {
  readonly system: string;
  readonly id: string;

  /** Whether the state says that it is applied. */
  readonly applied: boolean;

  /**
   * Checksum of the program.
   * @default - none: the step has no effect, so that another one with the same program is no rename of it
   */
  readonly checksum?: string;
}

/**
 * Remembers what Terraform does with each step in one plan or one apply.
 *
 * Terraform plans each object alone: a renamed step is a creation here and a deletion there, and applying both would
 * adopt the step and undo it. Whichever comes second finds the first one here.
 */
export class PlanMemory {
  private readonly created = new Map<string, PlannedStep>();
  private readonly kept = new Set<string>();
  private readonly destroyed = new Map<string, PlannedStep>();
  private readonly worked = new Set<string>();
  /** The steps that will run, with the steps that each waits for. */
  private readonly running = new Map<string, readonly string[]>();

  /** @throws EngineError `DuplicateStep`, `AppliedStepRenamed` */
  creates(step: PlannedStep): void {
    if (this.created.has(keyOf(step))) throw duplicate(step, "two resources would create it. Remove one of them");
    this.created.set(keyOf(step), step);
    for (const other of this.destroyed.values()) assertNotRenamed(other, step);
  }

  /** @throws EngineError `DuplicateStep` */
  keeps(step: PlannedStep): void {
    this.kept.add(keyOf(step));
    if (this.destroyed.has(keyOf(step))) throw heldTwice(step);
  }

  /** @throws EngineError `DuplicateStep`, `AppliedStepRenamed` */
  destroys(step: PlannedStep): void {
    if (this.kept.has(keyOf(step))) throw heldTwice(step);
    this.destroyed.set(keyOf(step), step);
    for (const other of this.created.values()) assertNotRenamed(step, other);
  }

  /** Remembers that a step will run, and not only be adopted. */
  runs({ system, id }: Pick<PlannedStep, "system" | "id">, after: readonly string[]): void {
    this.running.set(keyOf({ system, id }), after);
  }

  /** Which of some steps, and of those that they wait for, will run. Terraform plans a step after those it waits for. */
  runningBefore(system: string, after: readonly string[]): string[] {
    return after.flatMap((id) => {
      const before = this.running.get(keyOf({ system, id }));
      return before === undefined ? [] : [id, ...this.runningBefore(system, before)];
    });
  }

  /** Remembers that this process brings the step to "applied". */
  works(step: Pick<PlannedStep, "system" | "id">): void {
    this.worked.add(keyOf(step));
  }

  /**
   * Whether another object of Terraform represents the step. With `create_before_destroy`, the new object of a step is
   * there before the old one is destroyed: rolling the old one back would undo the new one.
   */
  isSuperseded(step: Pick<PlannedStep, "system" | "id">): boolean {
    return this.worked.has(keyOf(step));
  }

  /**
   * Which of some steps this plan does not remove. Terraform plans removals beside the reading of data, so this waits
   * for them, as long as another one comes within a second.
   *
   * @param ids of steps of the system
   */
  async keptOf(system: string, ids: readonly string[]): Promise<string[]> {
    const kept = () => ids.filter((id) => !this.destroyed.has(keyOf({ system, id })));
    let count = ids.length;
    for (let end = Date.now() + QUIET_MILLISECONDS; Date.now() < end && count > 0; await sleep(POLL_MILLISECONDS)) {
      const now = kept().length;
      if (now < count) end = Date.now() + QUIET_MILLISECONDS;
      count = now;
    }
    return kept();
  }

  /** Whether a rollback still gets a warning of its own: fifty of them would bury the plan that lists them all anyway. */
  announcesRollback(): boolean {
    return this.destroyed.size <= MOST_ROLLBACK_WARNINGS;
  }
}

function keyOf({ system, id }: Pick<PlannedStep, "system" | "id">): string {
  return `${system}/${id}`;
}

function duplicate({ id }: PlannedStep, reason: string): EngineError {
  return new EngineError("DuplicateStep", `step "${id}" is there twice: ${reason}.`);
}

function heldTwice(step: PlannedStep): EngineError {
  return duplicate(
    step,
    `the state holds two objects of it, and removing the one would undo the other. Run \`terraform state rm\` on its addresses, then import the step by "${step.system}/${step.id}"`,
  );
}

function assertNotRenamed(from: PlannedStep, to: PlannedStep): void {
  if (keyOf(from) === keyOf(to)) {
    // What failed is tried again: see `create_before_destroy` above.
    if (!from.applied) return;
    throw new EngineError(
      "AppliedStepRenamed",
      `step "${to.id}" is destroyed and created in the same plan: its Terraform address changed. Give it back its address, or add: moved { from = sterna_step.<old name>  to = sterna_step.<new name> }.`,
    );
  }
  if (from.system !== to.system || from.checksum === undefined || from.checksum !== to.checksum) return;
  throw new EngineError(
    "AppliedStepRenamed",
    `step "${from.id}" is destroyed and the same program is created as "${to.id}": it was renamed. The name of an applied step is its identity in the ledger: give it back.`,
  );
}
