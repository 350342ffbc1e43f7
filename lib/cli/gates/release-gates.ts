import { lt } from "semver";
import { SternaError } from "../../core/sterna-error";
import { RefusedError } from "../../promotion/refused-error";
import { CompatibilityMatrix } from "../../releases/compatibility-matrix";
import { requireMove } from "../../releases/upgrade-advice";
import type { SynthesizedSystem } from "../project/stacks";

type ReleasedSystem = Pick<SynthesizedSystem, "system" | "environment" | "releases" | "compatibility">;

/**
 * Whether the compatibility matrix lets an environment move from one release to another in one go, forward or back.
 *
 * @throws RefusedError `RequiredStopSkipped` with the path to take, `NoUpgradePath`, `RollbackUnsupported`
 */
export function requireLegalMove(
  { system, environment, releases, compatibility }: ReleasedSystem,
  from: string,
  to: string,
): void {
  if (compatibility === undefined || from === to) return;
  const matrix = new CompatibilityMatrix(compatibility.rows, compatibility);
  if (lt(to, from)) return requireWayBack(matrix, { system, environment, releases }, from, to);
  try {
    requireMove(matrix, system, releases, from, to, `${environment} runs ${from}`);
  } catch (error) {
    throw error instanceof SternaError ? new RefusedError(error.code, error.message) : error;
  }
}

function requireWayBack(
  matrix: CompatibilityMatrix,
  { system, environment, releases }: ReleasedSystem,
  from: string,
  to: string,
): void {
  const search = matrix.path(releases, to, from);
  const final = search.found ? search.moves.find(({ edge }) => edge.rollback === "no") : undefined;
  if (final === undefined) return;
  throw new RefusedError(
    "RollbackUnsupported",
    `${system} in ${environment} cannot go back from ${from} to ${to}: the compatibility matrix says that the move from ` +
      `${final.from} to ${final.to} cannot be taken back. Restore the backup that was taken before it, or go forward`,
  );
}
