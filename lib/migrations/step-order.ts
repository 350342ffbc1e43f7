/** A step as far as its place in the order goes. */
export interface OrderedStep {
  readonly id: string;

  /** Ids of the steps to wait for; all steps above it in the section when absent. */
  readonly after: readonly string[] | undefined;
}

/**
 * What each step waits for. A section begins when the one before it has ended. Inside a section a step waits for all
 * above it, unless `after` names others.
 *
 * @param sections steps in the order in which they are written, section by section
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
    // Nothing is last in a cycle, which is reported on its own.
    entry = last;
  }
  return dependencies;
}

/**
 * A cycle among the steps, beginning and ending with the same step; nothing when there is none.
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
