import { SternaError } from "../core/sterna-error";
import { Release } from "../releases/release";

/** A migration as far as its releases go. */
export interface Hop {
  readonly from: Release;
  readonly to: Release;
}

/** Whether one gets from one release to another without a migration. */
export type NeedsNoMigration = (from: Release, to: Release) => boolean;

/**
 * The migrations that lead from the oldest release to the pinned one, in order.
 *
 * @param needsNoMigration which stretches nothing has to cover
 * @throws SternaError `DuplicateMigration` when two migrations cover one stretch, `MigrationGap` when a stretch is not covered
 */
export function releasePath<H extends Hop>(
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
