import { SternaError } from "../core/errors";
import type { CompatibilityMatrix, CompatibilityRow, Move } from "./compatibility-matrix";

/**
 * The legal path between two releases.
 *
 * @param system for messages
 * @param versions all releases that can be stopped at
 * @throws SternaError `NoUpgradePath` with the proof
 */
export function requirePath(
  matrix: CompatibilityMatrix,
  system: string,
  versions: readonly string[],
  from: string,
  to: string,
): readonly Move<CompatibilityRow>[] {
  const search = matrix.path(versions, from, to);
  if (search.found) return search.moves;
  const planned = matrix.rowOf(from, to)?.planned ? `; the move from ${from} to ${to} is only planned` : "";
  throw new SternaError(
    "NoUpgradePath",
    `the compatibility matrix has no path for ${system} from ${from} to ${to}${planned}: ${from} leads to ${listed(search.reachable, from)}, ` +
      `${to} is reached from ${listed(search.leading, to)}, and no row of the compatibility matrix connects them; ` +
      `pin ${search.reachable.at(-1)!} at most, or add the missing row`,
  );
}

/**
 * Refuses a move that skips a release where the system has to stop.
 *
 * @param what what makes the move, for messages: `production is pinned to 3.0.0 and runs 1.0.0`
 * @throws SternaError `NoUpgradePath`, `RequiredStopSkipped` with the path to take instead
 */
export function requireMove(
  matrix: CompatibilityMatrix,
  system: string,
  versions: readonly string[],
  from: string,
  to: string,
  what: string,
): void {
  if (matrix.move(from, to) !== undefined) return;
  const moves = requirePath(matrix, system, versions, from, to);
  throw new SternaError(
    "RequiredStopSkipped",
    `${what}, and ${system} cannot move from ${from} to ${to} in one go; take ${describePath(moves)}, one after the other`,
  );
}

/** A path for people: `1.0.0 → 2.0.0 (migration, downtime) → 2.1.0 (migration, minimal downtime)`. */
export function describePath(moves: readonly Move<CompatibilityRow>[]): string {
  const [first] = moves;
  if (first === undefined) return "nothing";
  return [first.from, ...moves.map(({ to, edge }) => `${to}${describeMove(edge)}`)].join(" → ");
}

/** The releases between the first and the last one of a path: where the system has to stop. */
export function stopsOf(moves: readonly Move<CompatibilityRow>[]): string[] {
  return moves.slice(0, -1).map(({ to }) => to);
}

function describeMove({ migrationRequired, downtime, rollback }: CompatibilityRow): string {
  const facts = [
    ...(migrationRequired ? ["migration"] : []),
    ...(downtime === "none" ? [] : [downtime === "yes" ? "downtime" : "minimal downtime"]),
    ...(rollback === "yes" ? [] : [rollback === "no" ? "no way back" : "limited way back"]),
  ];
  return facts.length === 0 ? "" : ` (${facts.join(", ")})`;
}

function listed(versions: readonly string[], without: string): string {
  return versions.filter((version) => version !== without).join(", ") || "nothing";
}
