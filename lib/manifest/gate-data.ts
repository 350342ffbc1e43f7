import { z } from "zod";
import { IDENTIFIER } from "../core/names";

/**
 * When a gate is checked: before a release is applied, while it is applied, or before it moves on to the next
 * environment.
 */
export const gatePhase = z.enum(["pre", "during", "post"] satisfies GatePhase[]);
/**
 * When a gate is checked: before a release is applied, while it is applied, or before it moves on to the next
 * environment.
 */
export type GatePhase = "pre" | "during" | "post";

/** Where a gate blocks: at `synth`, at `plan`, in the `run` right before a step, or until it is `attested`. */
export const gateKind = z.enum(["synth", "plan", "run", "attested"] satisfies GateKind[]);
/** Where a gate blocks: at `synth`, at `plan`, in the `run` right before a step, or until it is `attested`. */
export type GateKind = "synth" | "plan" | "run" | "attested";

/** What a plan gate checks. */
export const planCheck = z.enum(["no-stateful-loss", "no-drift"] satisfies PlanCheck[]);
/** What a plan gate checks: resources whose data would be lost, or undeclared differences. */
export type PlanCheck = "no-stateful-loss" | "no-drift";

/** Subject of the evidence for a gate. */
export const evidenceSubject = z.enum(["attestation", "restore-drill", "backup"]);
export type EvidenceSubject = z.output<typeof evidenceSubject>;

/** One gate of a stack. */
export const gateData = z.object({
  id: z.string().regex(IDENTIFIER),
  kind: gateKind,
  phase: gatePhase,
  title: z.string(),
  /** How the gate is enforced automatically. */
  heldBy: z.string().optional(),
  check: planCheck.optional(),
  evidence: z
    .object({
      subject: evidenceSubject,
      /** Seconds for which evidence is valid. */
      validFor: z.number().positive(),
      /** Whether each release needs its own evidence. */
      eachRelease: z.boolean(),
    })
    .optional(),
});
export type GateData = z.output<typeof gateData>;

/** A time window in which an environment may be changed. */
export const windowData = z.object({ schedule: z.string(), seconds: z.number().positive(), zone: z.string() });
export type WindowData = z.output<typeof windowData>;

/** The gates of a stack in `sterna.json`. */
export const gatesData = z.object({
  gates: z.array(gateData),
  windows: z.array(windowData),
});
export type GatesData = z.output<typeof gatesData>;
