import { readAllEvidence } from "../../core/evidence";
import type { GatePhase } from "../../core/gate-data";
import { RefusedError } from "../../promotion/refused-error";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../project/stacks";
import { type GateState, gateStates } from "./gate-states";

/** A system in an environment, as far as its gates go. */
export type GatedSystem = Pick<SynthesizedSystem, "system" | "environment" | "release" | "gates">;

/**
 * How the gates of a system in an environment stand.
 *
 * @param release release that the environment is to run
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidEvidence`
 */
export function statesOf(
  { directory }: Pick<Project, "directory">,
  { system, environment, release, gates }: GatedSystem,
  now: Date = new Date(),
): GateState[] {
  if (gates === undefined) return [];
  return gateStates(gates, { release, evidence: readAllEvidence(directory, system, environment), now });
}

/**
 * @param phase gates that are looked at now
 * @param consequence what does not happen, for the message: `nothing was applied`
 * @throws RefusedError `EvidenceMissing`, `EvidenceExpired`, `EvidenceForOtherRelease`, `RestoreDrillMissing`, `BackupTooOld`
 */
export function requireEvidence(
  project: Pick<Project, "directory">,
  system: GatedSystem,
  phase: GatePhase,
  consequence: string,
): void {
  const open = statesOf(project, system).filter((state) => state.phase === phase && state.standing === "open");
  const [first] = open;
  if (first === undefined) return;
  const lines = open.map(({ id, title, why, code }) => `  ${code!}: ${id} (${title}): ${why}`).join("\n");
  throw new RefusedError(
    first.code!,
    `${open.length === 1 ? "a gate is" : `${open.length} gates are`} open for release ${system.release} of ${system.system} in ` +
      `${system.environment}, so ${consequence}:\n${lines}\n` +
      `Attest what holds: \`${attestation(system, first.id)}\`, and commit the file.`,
  );
}

/** The command that attests a gate. */
export function attestation({ system, environment, release }: GatedSystem, gate: string): string {
  return `sterna attest ${system} ${environment} ${gate} --release ${release} --link <url>`;
}
