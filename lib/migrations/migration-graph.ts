import { ValidationError } from "../core/validation-error";
import { SystemStack } from "../environments/system-stack";
import { requireRetired } from "./contract-gate";
import type { Migration } from "./migration";
import { type NeedsNoMigration, releasePath } from "./release-path";
import type { Step } from "./step";
import { findCycle, orderSteps } from "./step-order";

const graphs = new WeakMap<SystemStack, MigrationGraph>();

/** All migrations and steps of a stack, and the order among them. */
export class MigrationGraph {
  /** The graph of a stack; made when it is first asked for. */
  static of(stack: SystemStack): MigrationGraph {
    const graph = graphs.get(stack) ?? new MigrationGraph(stack);
    graphs.set(stack, graph);
    return graph;
  }

  private readonly migrations = new Map<Migration, Step[]>();
  private readonly steps = new Map<string, Step>();

  private constructor(private readonly stack: SystemStack) {
    // Not before all constructs exist: a step may name one that is written further down.
    stack.addPreparation(() => this.connect());
  }

  /** Takes a migration up. */
  addMigration(migration: Migration): void {
    this.migrations.set(migration, []);
  }

  /**
   * Takes a step up.
   *
   * @throws ValidationError `DuplicateStep`
   */
  addStep(step: Step): void {
    const other = this.steps.get(step.node.id);
    if (other !== undefined) {
      throw new ValidationError(
        "DuplicateStep",
        `the stack has a step "${step.node.id}" already, at ${other.node.path}; ids of steps are names in the ledger, so give this one another`,
        step,
      );
    }
    this.steps.set(step.node.id, step);
    this.migrations.get(step.migration)!.push(step);
    this.stack.expectStep(step.node.id);
  }

  /** Steps that were made inside of a migration. */
  stepsOf(migration: Migration): readonly Step[] {
    return this.migrations.get(migration) ?? [];
  }

  private connect(): void {
    const path = this.requireCovered();
    const known = new Set<string>();
    for (const migration of path) this.requireKnown(migration, known);
    for (const step of path.flatMap(({ sections }) => sections.flat())) requireRetired(step, this.stack);
    const order = orderSteps(path.flatMap(({ sections }) => sections.map((steps) => steps.map(toOrdered))));
    const cycle = findCycle(order);
    if (cycle !== undefined) {
      throw new ValidationError(
        "StepCycle",
        `steps wait for each other: ${cycle.join(" → ")}; take one of them out of \`after\`. A step without \`after\` waits for all above it, and for the section before`,
        this.steps.get(cycle[0]!)!,
      );
    }
    for (const [id, dependencies] of order) this.steps.get(id)!.terraformStep.runAfter(dependencies);
  }

  private requireCovered(): Migration[] {
    const { compatibility, releases, release } = this.stack;
    const needsNoMigration: NeedsNoMigration = (from, to) =>
      compatibility?.needsNoMigration(releases.versions, from.version, to.version) ?? false;
    return ValidationError.locate(this.stack, () =>
      releasePath([...this.migrations.keys()], releases.oldest, release, needsNoMigration),
    );
  }

  private requireKnown(migration: Migration, known: Set<string>): void {
    const steps = migration.sections.flat();
    for (const step of steps) known.add(step.node.id);
    for (const step of steps) {
      const unknown = step.after?.find((id) => !known.has(id));
      if (unknown === undefined) continue;
      const reason = this.steps.has(unknown) ? "a later migration holds it" : `there are ${[...known].join(", ")}`;
      throw new ValidationError(
        "UnknownStep",
        `it comes after "${unknown}", which is no step of this or an earlier migration: ${reason}`,
        step,
      );
    }
  }
}

function toOrdered(step: Step) {
  return { id: step.node.id, after: step.after };
}
