import { gt } from "semver";
import { SternaError } from "../../core/sterna-error";
import { RefusedError } from "../../promotion/refused-error";
import type { Rollback } from "../../promotion/rollback";
import type { SynthesizedSystem } from "../project/stacks";
import { describeKnown } from "../text/nearest";

/** @throws SternaError `UnknownRelease` with the known ones */
export function requireKnown({ system, releases }: SynthesizedSystem, to: string): void {
  if (releases.includes(to)) return;
  throw new SternaError("UnknownRelease", `${system} has no release "${to}": ${describeKnown(to, releases)}`);
}

/** @throws SternaError `ReleaseNotOlder` */
export function requireOlder({ system, environment, release, releases }: SynthesizedSystem, to: string): void {
  if (gt(release, to)) return;
  const older = releases.filter((candidate) => gt(release, candidate));
  throw new SternaError(
    "ReleaseNotOlder",
    `${system} in ${environment} runs ${release}, and ${to} is newer: to move forward, use \`sterna promote\`. Older are ${older.join(", ") || "none"}.`,
  );
}

/**
 * No environment may run what the one before it does not: so the last environment goes back first.
 *
 * @throws RefusedError `NextEnvironmentNewer`
 */
export function requireLastToRun(target: SynthesizedSystem, chain: readonly SynthesizedSystem[], to: string): void {
  const newer = chain.filter(({ order, release }) => order > target.order && gt(release, to));
  const last = newer.at(-1);
  if (last === undefined) return;
  const names = newer.map(({ environment, release }) => `${environment} (${release})`).join(", ");
  throw new RefusedError(
    "NextEnvironmentNewer",
    `${target.environment} cannot go back to ${to} while ${names} runs a newer release: no environment may run what the one before it does not. ` +
      `Go back from the end of the chain: \`sterna rollback ${target.system} ${last.environment} --to ${to}\` first`,
  );
}

/** @throws RefusedError `StepIrreversible`, `StepRemovalRefused` */
export function requireReversible({ blocked }: Rollback, { environment }: SynthesizedSystem, to: string): void {
  const [first] = blocked;
  if (first === undefined) return;
  const steps = blocked.map(({ row, reason }) => `  ${row.id} (${row.release}): ${reason}`).join("\n");
  throw new RefusedError(
    first.code,
    `${environment} cannot go back to ${to}; releases.json stays as it was. These steps cannot be undone:\n${steps}\n` +
      "Restore the backup that was taken before them, or go forward with a release that repairs what is wrong.",
  );
}
