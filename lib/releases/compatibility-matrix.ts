import { compare, lt, major, minor, satisfies } from "semver";
import { type CompatibilityData, compatibility } from "../core/compatibility";
import { describeIssues } from "../core/read-json-file";
import { SternaError } from "../core/sterna-error";
import { type CompatibilityRow, PATCH_ROW } from "./compatibility-row";
import { type PathSearch, shortestPath } from "./shortest-path";

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
        `the compatibility matrix is not as it should be:\n${describeIssues(parsed.error)}`,
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

  /** The matrix as `sterna.json` holds it. */
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
