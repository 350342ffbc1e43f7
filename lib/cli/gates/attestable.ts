import type { GateData } from "../../core/gate-data";
import { SternaError } from "../../core/sterna-error";
import { describeKnown } from "../text/nearest";
import type { GatedSystem } from "./evidence-gates";

/**
 * What a gate asks of its evidence.
 *
 * @throws SternaError `UnknownGate` with the known ones, `GateNotAttestable`
 */
export function requireAttestable(
  { system, environment, gates }: GatedSystem,
  id: string,
): NonNullable<GateData["evidence"]> {
  const all = gates?.gates ?? [];
  const gate = all.find((candidate) => candidate.id === id);
  if (gate === undefined) {
    const known = all.filter(({ evidence }) => evidence !== undefined).map((candidate) => candidate.id);
    const cure = known.length === 0 ? "it has none that can be attested" : describeKnown(id, known);
    throw new SternaError("UnknownGate", `${system} has no gate "${id}" in ${environment}: ${cure}`);
  }
  if (gate.evidence !== undefined) return gate.evidence;
  throw new SternaError(
    "GateNotAttestable",
    `${id} is no matter of a person's word: it is ${gate.heldBy === undefined ? `looked at in every ${gate.kind === "S" ? "synthesis" : "plan"}` : `held by ${gate.heldBy}`}; ` +
      `to go past it, waive it by name in Gates`,
  );
}
