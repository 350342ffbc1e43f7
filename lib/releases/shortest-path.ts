/** One move along a path. */
export interface Move<Edge> {
  readonly from: string;
  readonly to: string;
  /** What the move takes. */
  readonly edge: Edge;
}

/** A path, or the proof that there is none. */
export type PathSearch<Edge> =
  | { readonly found: true; readonly moves: readonly Move<Edge>[] }
  | {
      readonly found: false;
      /** All that can be reached from the start, the start included. No move leads out of this set. */
      readonly reachable: readonly string[];
      /** All from which the end can be reached, the end included. No move leads into this set. */
      readonly leading: readonly string[];
    };

/**
 * Finds the cheapest path between two places (Dijkstra 1959, over lists of costs that are compared in order).
 *
 * @param places all places; of equally cheap paths the one whose stops come later in this list is taken
 * @param edgeOf what a move takes, or that there is none
 * @param costOf costs of a move, most important first, each 0 or more; the number of moves comes before all of them
 */
export function shortestPath<Edge>(
  places: readonly string[],
  from: string,
  to: string,
  edgeOf: (from: string, to: string) => Edge | undefined,
  costOf: (edge: Edge) => readonly number[] = () => [],
): PathSearch<Edge> {
  const best = new Map<string, { cost: readonly number[]; moves: readonly Move<Edge>[] }>([
    [from, { cost: [], moves: [] }],
  ]);
  const open = new Set(places);
  for (;;) {
    const here = cheapest(open, best);
    if (here === undefined) break;
    open.delete(here);
    const { cost, moves } = best.get(here)!;
    if (here === to) return { found: true, moves };
    for (const there of open) {
      const edge = edgeOf(here, there);
      if (edge === undefined) continue;
      const reached = add(cost, [1, ...costOf(edge)]);
      const known = best.get(there);
      if (known !== undefined && compareCosts(known.cost, reached) < 0) continue;
      if (known !== undefined && compareCosts(known.cost, reached) === 0 && !isLater(here, known.moves, places))
        continue;
      best.set(there, { cost: reached, moves: [...moves, { from: here, to: there, edge }] });
    }
  }
  return { found: false, reachable: places.filter((place) => best.has(place)), leading: leadingTo(places, to, edgeOf) };
}

function cheapest<Edge>(
  open: ReadonlySet<string>,
  best: ReadonlyMap<string, { cost: readonly number[]; moves: readonly Move<Edge>[] }>,
): string | undefined {
  let found: string | undefined;
  for (const place of open) {
    const candidate = best.get(place);
    if (candidate === undefined) continue;
    if (found === undefined || compareCosts(candidate.cost, best.get(found)!.cost) < 0) found = place;
  }
  return found;
}

function isLater<Edge>(stop: string, known: readonly Move<Edge>[], places: readonly string[]): boolean {
  return places.indexOf(stop) > places.indexOf(known.at(-1)!.from);
}

function leadingTo<Edge>(
  places: readonly string[],
  to: string,
  edgeOf: (from: string, to: string) => Edge | undefined,
): string[] {
  const leading = new Set([to]);
  for (const target of leading) {
    for (const place of places) if (edgeOf(place, target) !== undefined) leading.add(place);
  }
  return places.filter((place) => leading.has(place));
}

/** Negative when the first is lower. */
function compareCosts(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0) + (b[index] ?? 0));
}
