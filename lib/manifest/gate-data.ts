import { z } from "zod";
import { IDENTIFIER } from "../core/names";

/** When a gate is looked at: before a release is applied, while it is, or before it moves on to the next environment. */
export const gatePhase = z.enum(["pre", "during", "post"] satisfies GatePhase[]);
/** When a gate is looked at: before a release is applied, while it is, or before it moves on to the next environment. */
export type GatePhase = "pre" | "during" | "post";

/**
 * Where a gate stops: `S` at synth, `P` at plan, `R` right before a step, `M` until somebody attests.
 */
export const gateKind = z.enum(["S", "P", "R", "M"] satisfies GateKind[]);
/** Where a gate stops: `S` at synth, `P` at plan, `R` right before a step, `M` until somebody attests. */
export type GateKind = "S" | "P" | "R" | "M";

/** What a plan gate looks for. */
export const planCheck = z.enum(["no-stateful-loss", "no-drift"] satisfies PlanCheck[]);
/** What a plan gate looks for: resources with data that would go, or differences that nobody declared. */
export type PlanCheck = "no-stateful-loss" | "no-drift";

/** What the evidence for a gate is about. */
export const evidenceSubject = z.enum(["attestation", "restore-drill", "backup"]);
export type EvidenceSubject = z.output<typeof evidenceSubject>;

/** One gate of a stack. */
export const gateData = z.object({
  id: z.string().regex(IDENTIFIER),
  kind: gateKind,
  phase: gatePhase,
  title: z.string(),
  /** How the gate is held where nobody has to do anything. */
  heldBy: z.string().optional(),
  check: planCheck.optional(),
  evidence: z
    .object({
      subject: evidenceSubject,
      /** Seconds for which evidence counts. */
      validFor: z.number().positive(),
      /** Whether each release needs evidence of its own. */
      eachRelease: z.boolean(),
    })
    .optional(),
});
export type GateData = z.output<typeof gateData>;

/** Leave to go past a gate. */
export const waiverData = z.object({
  gate: z.string(),
  reason: z.string(),
  by: z.string(),
  expires: z.string(),
  resources: z.array(z.string()).optional(),
});
export type WaiverData = z.output<typeof waiverData>;

/** A time in which an environment may be changed. */
export const windowData = z.object({ schedule: z.string(), seconds: z.number().positive(), zone: z.string() });
export type WindowData = z.output<typeof windowData>;

/** What `sterna.json` says about the gates of a stack. */
export const gatesData = z.object({
  gates: z.array(gateData),
  waivers: z.array(waiverData),
  windows: z.array(windowData),
});
export type GatesData = z.output<typeof gatesData>;

/** Name under which the maintenance windows of a stack are waived. */
export const MAINTENANCE_WINDOW = "maintenance-window";

/** Whether a waiver still counts. */
export function isInForce({ expires }: Pick<WaiverData, "expires">, now: Date): boolean {
  return now.getTime() < Date.parse(expires);
}

/**
 * The waiver that lets something past a gate.
 *
 * @param address what is let past; the whole gate when absent, which a waiver for single resources does not cover
 */
export function findWaiver(
  waivers: readonly WaiverData[],
  gate: string,
  now: Date,
  address?: string,
): WaiverData | undefined {
  return waivers.find(
    (waiver) =>
      waiver.gate === gate &&
      isInForce(waiver, now) &&
      (waiver.resources === undefined || (address !== undefined && waiver.resources.includes(address))),
  );
}

/** What to add to a refusal when a waiver for it was there and ended. */
export function expiredWaiver(waivers: readonly WaiverData[], gate: string, now: Date): string {
  const ended = waivers.find((waiver) => waiver.gate === gate && !isInForce(waiver, now));
  return ended === undefined ? "" : ` (the waiver of ${ended.by} ended ${ended.expires})`;
}
