import type { ErrorCode } from "../../core/error-codes";
import { SternaError } from "../../core/errors";
import { describeKnown } from "../../core/nearest";
import { readAllEvidence, type Evidence } from "../../manifest/evidence";
import type { GateData, GateKind, GatePhase, GatesData } from "../../manifest/gate-data";
import { expiredWaiver, findWaiver, type Waiver } from "../../manifest/waivers";
import type { SynthesizedSystem } from "../plan/synthesized-steps";

/** A system in an environment, as far as its gates go. */
export type GatedSystem = Pick<SynthesizedSystem, "system" | "environment" | "release" | "gates">;

/**
 * How the gates of a system in an environment stand.
 *
 * @param system at the release that the environment is to run
 * @param waivers those for that release there
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidEvidence`
 */
export function statesOf(
  { directory }: { readonly directory: string },
  { system, environment, release, gates }: GatedSystem,
  waivers: readonly Waiver[],
  now: Date,
): GateState[] {
  if (gates === undefined) return [];
  return gateStates(gates, { release, evidence: readAllEvidence(directory, system, environment), waivers, now });
}

/** The command that attests a gate. */
export function attestation({ system, environment, release }: GatedSystem, gate: string): string {
  return `sterna attest ${system} ${environment} ${gate} --release ${release} --link <url>`;
}

/** How a gate stands. `automatic` gates are looked at when something is synthesized, planned or run. */
export type GateStanding = "attested" | "waived" | "automatic" | "open";

/** A gate, and how it stands. */
export interface GateState {
  readonly id: string;
  readonly kind: GateKind;
  readonly phase: GatePhase;
  readonly title: string;
  readonly standing: GateStanding;
  /** Who attests or waives until when, or what is missing. */
  readonly why: string;
  /** Why the gate is open. */
  readonly code?: ErrorCode;
  /** What lets past the whole gate. */
  readonly waiver?: Waiver;
}

/** What gates are judged by. */
export interface GateSituation {
  /** Release that the environment is to run. */
  readonly release: string;
  /** Evidence by gate. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly waivers: readonly Waiver[];
  readonly now: Date;
}

/** How all gates stand, in the order in which they are declared. */
function gateStates({ gates }: GatesData, situation: GateSituation): GateState[] {
  const { waivers } = situation;
  return gates.map((gate) => {
    const { id, kind, phase, title } = gate;
    const state = (standing: GateStanding, why: string, code?: ErrorCode): GateState => ({
      id,
      kind,
      phase,
      title,
      standing,
      why,
      ...(code === undefined ? {} : { code }),
    });
    const waiver = findWaiver(waivers, id, situation.now);
    if (waiver !== undefined) {
      return { ...state("waived", `by ${waiver.by} until ${waiver.expires}: ${waiver.reason}`), waiver };
    }
    if (gate.evidence === undefined) return state("automatic", gate.heldBy ?? WHEN[kind]);
    const shown = situation.evidence.get(id);
    const problem = judgeEvidence(gate.evidence, shown, situation);
    if (problem === undefined) return state("attested", `by ${shown!.by} ${shown!.at}, until ${shown!.expires}`);
    return state("open", `${problem.why}${expiredWaiver(waivers, id, situation.now)}`, problem.code);
  });
}

const WHEN: Record<GateKind, string> = {
  synth: "looked at in every synthesis",
  plan: "looked at in every plan",
  run: "looked at right before the step",
  attested: "waits for evidence",
};

interface Problem {
  readonly code: ErrorCode;
  readonly why: string;
}

function judgeEvidence(
  { subject, validFor, eachRelease }: NonNullable<GateData["evidence"]>,
  shown: Evidence | undefined,
  { release, now }: GateSituation,
): Problem | undefined {
  const own = subject === "restore-drill" ? "RestoreDrillMissing" : subject === "backup" ? "BackupTooOld" : undefined;
  if (shown === undefined) return { code: own ?? "EvidenceMissing", why: "it has not been attested" };
  if (shown.facts.succeeded === false) {
    return { code: own ?? "EvidenceMissing", why: `it did not succeed (${shown.by} ${shown.at})` };
  }
  if (eachRelease && shown.release !== release) {
    const why = `${shown.by} attested it for release ${shown.release}, not for ${release}`;
    return { code: own ?? "EvidenceForOtherRelease", why };
  }
  const at = Date.parse(shown.at);
  // A clock that runs ahead by minutes is nothing; a date in the future would count for too long.
  if (at > now.getTime() + CLOCK_SKEW) {
    return { code: own ?? "EvidenceMissing", why: `it says that it was shown in the future (${shown.at})` };
  }
  const end = Math.min(Date.parse(shown.expires), at + validFor * 1000);
  if (now.getTime() >= end) {
    return {
      code: own ?? "EvidenceExpired",
      why: `what ${shown.by} showed ${shown.at} expired ${new Date(end).toISOString()}`,
    };
  }
  return undefined;
}

const CLOCK_SKEW = 5 * 60_000;

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
    `${id} is no matter of a person's word: it is ${gate.heldBy === undefined ? `looked at in every ${gate.kind === "synth" ? "synthesis" : "plan"}` : `held by ${gate.heldBy}`}; ` +
      `to go past it, waive it by name in waivers.json`,
  );
}
