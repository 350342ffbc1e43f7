import { compare, lt, major, minor, satisfies } from "semver";
import { SternaError } from "../core/errors";
import { describeIssues } from "../core/read-json-file";
import { type CompatibilityData, compatibility } from "../manifest/stack-manifest";

/** How long the system is away while it moves: `none`, `minimal` (a restart), `yes` (a maintenance window). */
export type Downtime = "none" | "minimal" | "yes";

/** Whether a move can be taken back: `yes`, `limited` (what was written since is lost), `no`. */
export type RollbackSupport = "yes" | "limited" | "no";

/** One row of a compatibility matrix: between which releases a system may move in one go, and what that takes. */
export interface CompatibilityRow {
  /** Releases that the move begins at, as a semver range: `1.0.x`, `1.x`, `>=2.1.0 <3.0.0`. */
  readonly from: string;

  /** Releases that the move leads to, as a semver range. Only newer ones count. */
  readonly to: string;

  /** Whether data has to be migrated. */
  readonly migrationRequired: boolean;

  /** How long the system is away while it moves. */
  readonly downtime: Downtime;

  /** Whether the move can be taken back. */
  readonly rollback: RollbackSupport;

  /**
   * Who helps when the move fails, such as `full` or `community`.
   * @default - not said
   */
  readonly support?: string;

  /**
   * Whether the move is announced and not possible yet.
   * @default false
   */
  readonly planned?: boolean;
}

/** What the move between two patch releases of one minor takes where no row says otherwise (Semantic Versioning 2.0.0, section 6). */
const PATCH_ROW: CompatibilityRow = {
  from: "*",
  to: "*",
  migrationRequired: false,
  downtime: "none",
  rollback: "yes",
};

/** Options of a `CompatibilityMatrix`. */
export interface CompatibilityMatrixOptions {
  /**
   * Whether moves between patch releases of one minor (1.0.3 → 1.0.5) are legal without a row: then they need no
   * migration and no downtime, and can be taken back.
   * @default true
   */
  readonly patchesImplied?: boolean;
}

const WEIGHT = { none: 0, minimal: 1, yes: 2 } as const;

/** Between which releases a system may move in one go, and what that takes. What no row allows is not legal. */
export class CompatibilityMatrix {
  readonly rows: readonly CompatibilityRow[];

  /** Whether moves between patch releases of one minor are legal without a row. */
  readonly patchesImplied: boolean;

  /**
   * @param rows the first that fits a move counts
   * @throws SternaError `InvalidCompatibility`
   */
  constructor(rows: readonly CompatibilityRow[], { patchesImplied = true }: CompatibilityMatrixOptions = {}) {
    const parsed = compatibility.safeParse({ rows, patchesImplied });
    if (!parsed.success) {
      throw new SternaError(
        "InvalidCompatibility",
        `the compatibility matrix is invalid:\n${describeIssues(parsed.error)}`,
      );
    }
    this.rows = rows;
    this.patchesImplied = patchesImplied;
  }

  /** What the move from one release to a newer one takes; absent when it is not legal in one go. */
  move(from: string, to: string): CompatibilityRow | undefined {
    const row = this.rowOf(from, to);
    return row?.planned === true ? undefined : row;
  }

  /** What the move will take, also one that is only planned. */
  rowOf(from: string, to: string): CompatibilityRow | undefined {
    if (!lt(from, to)) return undefined;
    const row = this.rows.find((candidate) => isIn(from, candidate.from) && isIn(to, candidate.to));
    return row ?? (this.patchesImplied && isPatch(from, to) ? PATCH_ROW : undefined);
  }

  /**
   * The legal path with the fewest stops, of these the one with the least downtime, then the fewest migrations, then the
   * newest stops; or the proof that there is none.
   *
   * @param versions all releases that can be stopped at
   */
  path(versions: readonly string[], from: string, to: string): PathSearch<CompatibilityRow> {
    const places = [...new Set([...versions, from, to])].sort(compare);
    return shortestPath(
      places,
      from,
      to,
      (a, b) => this.move(a, b),
      ({ downtime, migrationRequired }) => [WEIGHT[downtime], migrationRequired ? 1 : 0],
    );
  }

  /**
   * The matrix as `sterna.json` holds it.
   *
   * @internal
   */
  toJSON(): CompatibilityData {
    return { rows: [...this.rows], patchesImplied: this.patchesImplied };
  }

  /** Whether one gets from one release to another, in as many moves as it takes, without migrating anything. */
  needsNoMigration(versions: readonly string[], from: string, to: string): boolean {
    const free = (a: string, b: string) => {
      const row = this.move(a, b);
      return row?.migrationRequired === false ? row : undefined;
    };
    return shortestPath([...new Set([...versions, from, to])], from, to, free).found;
  }
}

// The prereleases of 1.0.0 are 1.0.x too.
function isIn(version: string, range: string): boolean {
  return satisfies(version, range, { includePrerelease: true });
}

function isPatch(from: string, to: string): boolean {
  return major(from) === major(to) && minor(from) === minor(to);
}

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
