import { attempt, checkTree, collect, isFaultless, SternaError, ValidationError } from "../core/errors";
import { SystemStack } from "../environments/system-stack";
import { Release } from "../releases/release";
import type { Migration, Step } from "./migration";

const graphs = new WeakMap<SystemStack, MigrationGraph>();

/** All migrations and steps of a stack, and their order. */
export class MigrationGraph {
  /** The graph of a stack, created on first use. */
  static of(stack: SystemStack): MigrationGraph {
    const graph = graphs.get(stack) ?? new MigrationGraph(stack);
    graphs.set(stack, graph);
    return graph;
  }

  private readonly migrations = new Set<Migration>();
  private readonly steps = new Map<string, Step>();

  private constructor(private readonly stack: SystemStack) {
    // Only once all constructs exist: a step may name one that is created later.
    checkTree(stack, () => this.connect());
    stack.addPreparation(() => this.connect());
  }

  /** Registers a migration. */
  addMigration(migration: Migration): void {
    this.migrations.add(migration);
  }

  /**
   * Registers a step.
   *
   * @throws ValidationError `DuplicateStep`, `InvalidMigration`
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
    step.migration.addStep(step);
    this.stack.expectStep(step.node.id);
  }

  private connect(): void {
    const order = collect(this.stack, () => this.checkOrder(), { canGoOn: false });
    for (const [id, dependencies] of order) this.steps.get(id)!.terraformStep.runAfter(dependencies);
  }

  /** @returns the steps that each step waits for, by its id */
  private checkOrder(): Map<string, readonly string[]> {
    const path = this.requireCovered();
    const known = new Set<string>();
    for (const migration of path) this.requireKnown(migration, known);
    for (const step of path.flatMap(({ sections }) => sections.flat())) {
      attempt(this.stack, () => requireRetired(step, this.stack));
    }
    const order = orderSteps(path.flatMap(({ sections }) => sections.map((steps) => steps.map(toOrdered))));
    const cycle = isFaultless(this.stack) ? findCycle(order) : undefined;
    if (cycle === undefined) return order;
    throw new ValidationError(
      "StepCycle",
      `steps wait for each other: ${cycle.join(" → ")}; remove one of them from \`after\`. A step without \`after\` waits for all above it, and for the section before`,
      this.steps.get(cycle[0]!)!,
    );
  }

  private requireCovered(): Migration[] {
    const { compatibility, releases, release } = this.stack;
    const needsNoMigration: NeedsNoMigration = (from, to) =>
      compatibility?.needsNoMigration(releases.versions, from.version, to.version) ?? false;
    return ValidationError.locate(this.stack, () =>
      releasePath([...this.migrations], releases.oldest, release, needsNoMigration),
    );
  }

  private requireKnown(migration: Migration, known: Set<string>): void {
    const steps = migration.sections.flat();
    for (const step of steps) known.add(step.node.id);
    for (const step of steps) {
      for (const unknown of step.after?.filter((id) => !known.has(id)) ?? []) {
        const reason = this.steps.has(unknown) ? "a later migration holds it" : `there are ${[...known].join(", ")}`;
        attempt(this.stack, () => {
          throw new ValidationError(
            "UnknownStep",
            `it comes after "${unknown}", which is no step of this or an earlier migration: ${reason}`,
            step,
          );
        });
      }
    }
  }
}

function toOrdered(step: Step) {
  return { id: step.node.id, after: step.after };
}

/**
 * Both colors of a rollout use one schema, so nothing may be removed that a running release still needs.
 *
 * @throws ValidationError `InvalidLastNeededBy`, `ContractBeforeRetire`, `UnknownRelease`
 */
function requireRetired(step: Step, stack: SystemStack): void {
  const lastNeededBy = requireLastNeededBy(step, stack);
  const { rollout, system, environment } = stack;
  if (rollout === undefined || step.phase !== "contract") return;
  const { to } = step.migration;
  for (const color of rollout.colors) {
    const release = ValidationError.locate(step, () => stack.releases.get(rollout.releaseOf(color)!));
    const needsIt = lastNeededBy === undefined ? release.isOlderThan(to) : !lastNeededBy.isOlderThan(release);
    if (!needsIt) continue;
    const message =
      `it takes away what only releases ${lastNeededBy === undefined ? `before ${to}` : `up to ${lastNeededBy}`} need, and ${color} runs ` +
      `${release} in ${environment.name}. Move it to the migration of the next release, with lastNeededBy: "${lastNeededBy ?? release}", and pin that one after ` +
      `\`sterna rollout ${system} ${environment.name} --retire\` has removed ${color}`;
    throw new ValidationError("ContractBeforeRetire", message, step);
  }
}

function requireLastNeededBy(step: Step, stack: SystemStack): Release | undefined {
  if (step.lastNeededBy === undefined) return undefined;
  const release = ValidationError.locate(step, () => stack.releases.get(step.lastNeededBy!));
  const { to } = step.migration;
  if (step.phase === "contract" && release.isOlderThan(to)) return release;
  const reason =
    step.phase === "contract"
      ? `and the step comes with ${to}; name a release before ${to}`
      : `and the step is of the phase "${step.phase}"; leave it out, or write phase: "contract"`;
  throw new ValidationError("InvalidLastNeededBy", `\`lastNeededBy\` is ${release}, ${reason}`, step);
}

/** The part of a migration that concerns its releases. */
export interface Hop {
  readonly from: Release;
  readonly to: Release;
}

/** Whether moving from one release to another needs no migration. */
type NeedsNoMigration = (from: Release, to: Release) => boolean;

/**
 * The migrations that lead from the oldest release to the pinned one, in order.
 *
 * @param needsNoMigration which stretches need no migration
 * @throws SternaError `DuplicateMigration` when two migrations cover the same stretch, `MigrationGap` when none covers
 * it
 */
function releasePath<H extends Hop>(
  hops: readonly H[],
  oldest: Release,
  pinned: Release,
  needsNoMigration: NeedsNoMigration = () => false,
): H[] {
  const sorted = [...hops].sort((a, b) => Release.compare(a.from, b.from));
  for (const [index, hop] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && hop.from.isOlderThan(before.to)) {
      throw new SternaError(
        "DuplicateMigration",
        `the migrations ${name(before)} and ${name(hop)} overlap; each must begin at the release where the one before ends`,
      );
    }
  }
  const path: H[] = [];
  let reached = oldest;
  for (const hop of sorted) {
    if (!reached.isOlderThan(pinned)) break;
    const isReached = Release.compare(hop.from, reached) === 0 || needsNoMigration(reached, hop.from);
    if (!isReached || pinned.isOlderThan(hop.to)) break;
    path.push(hop);
    reached = hop.to;
  }
  if (reached.isOlderThan(pinned) && !needsNoMigration(reached, pinned)) {
    throw new SternaError(
      "MigrationGap",
      `no migration leads from ${reached} to the pinned release ${pinned}, there are only ${sorted.map(name).join(", ")}; ` +
        `write new Migration(stack, "<id>", { from: "${reached}", to: "${pinned}", … }), or pin a release that is reached`,
    );
  }
  return path;
}

function name({ from, to }: Hop): string {
  return `${from} → ${to}`;
}

/** The part of a step that concerns its order. */
export interface OrderedStep {
  readonly id: string;

  /** Ids of the steps to wait for. If absent, all steps above it in the section. */
  readonly after: readonly string[] | undefined;
}

/**
 * What each step waits for. A section begins when the previous one has ended. Within a section, a step waits for all
 * steps above it unless `after` names others.
 *
 * @param sections steps in source order, section by section
 * @returns direct dependencies by step
 */
export function orderSteps(sections: readonly (readonly OrderedStep[])[]): Map<string, readonly string[]> {
  const dependencies = new Map<string, readonly string[]>();
  let entry: readonly string[] = [];
  for (const section of sections) {
    if (section.length === 0) continue;
    const members = new Set(section.map(({ id }) => id));
    const awaited = new Set<string>();
    let open = new Set<string>();
    for (const { id, after } of section) {
      const own = after ?? [...open];
      const startsSection = !own.some((other) => members.has(other));
      dependencies.set(id, [...new Set(startsSection ? [...own, ...entry] : own)]);
      for (const other of own) awaited.add(other);
      if (after === undefined) open = new Set();
      else for (const other of after) open.delete(other);
      open.add(id);
    }
    const last = section.map(({ id }) => id).filter((id) => !awaited.has(id));
    // A cycle has no last step, and is reported separately.
    entry = last;
  }
  return dependencies;
}

/**
 * A cycle among the steps, which begins and ends with the same step. Undefined if there is none.
 *
 * @param dependencies what each step waits for
 */
export function findCycle(dependencies: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  for (const start of dependencies.keys()) {
    const path: string[] = [];
    const onPath = new Map<string, Iterator<string>>();
    let current: string | undefined = start;
    while (current !== undefined) {
      if (!finished.has(current) && !onPath.has(current)) {
        path.push(current);
        onPath.set(current, (dependencies.get(current) ?? []).values());
      }
      const top: string | undefined = path.at(-1);
      if (top === undefined) break;
      const next = onPath.get(top)!.next();
      if (next.done === true) {
        finished.add(top);
        onPath.delete(top);
        path.pop();
        current = path.at(-1);
      } else if (onPath.has(next.value)) {
        return [...path.slice(path.indexOf(next.value)), next.value];
      } else {
        current = next.value;
      }
    }
  }
  return undefined;
}
