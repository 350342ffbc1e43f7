import { type GatesData, MAINTENANCE_WINDOW } from "../../core/gate-data";
import { findWaiver } from "../../core/waivers";
import type { ApplyRecord } from "../../promotion/apply-record";
import type { PlanSummary } from "../../promotion/plan-summary";
import type { GateResult, ReportedWaiver } from "../../promotion/promotion-report";
import { RefusedError } from "../../promotion/refused-error";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../project/stacks";
import { courseTo, type Course } from "./course";
import { attestation, statesOf } from "./evidence-gates";
import type { GateState } from "./gate-states";
import { isOpen, firstOpening } from "./maintenance-windows";
import { describeFindings, refusedFindings } from "./plan-gates";
import { requireLegalMove } from "./release-gates";

const STAGES = { S: "synth", P: "plan", R: "run", M: "manual" } as const;

/** What the gates are asked about. */
interface GateQuestion extends Course {
  readonly system: SynthesizedSystem;
  readonly plan: PlanSummary;
  readonly now: Date;
}

/**
 * What every gate of a stack says about a plan, but for the proof: by the rules by which an apply asks them.
 *
 * @param last record of the last apply, if there is one
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidEvidence`
 */
export function gateResults(
  project: Pick<Project, "directory">,
  system: SynthesizedSystem,
  plan: PlanSummary,
  last: ApplyRecord | undefined,
  now: Date = new Date(),
): GateResult[] {
  const question = { system, plan, now, ...courseTo(system.release, last) };
  const { gates } = system;
  const states = statesOf(project, system, now).map((state) => stateResult(state, gates!, question));
  return [...moveResult(system, last), ...states, ...windowResult(question)];
}

/** Whether the compatibility matrix allows the move; nothing where there is none, or no move. */
function moveResult(system: SynthesizedSystem, last: ApplyRecord | undefined): GateResult[] {
  if (system.compatibility === undefined || last?.result !== "applied" || last.release === system.release) return [];
  const move = `from ${last.release} to ${system.release}`;
  const gate = { id: "compatibility", title: "The compatibility matrix allows the move", stage: "plan" as const };
  try {
    requireLegalMove(system, last.release, system.release);
    return [{ ...gate, result: "passed", detail: `it allows to go ${move}` }];
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return [{ ...gate, result: "refused", code: error.code, detail: error.message }];
  }
}

function stateResult(state: GateState, gates: GatesData, question: GateQuestion): GateResult {
  const { id, title, kind, standing, why, waiver } = state;
  const gate = { id, title, stage: STAGES[kind] };
  switch (standing) {
    case "waived":
      return { ...gate, result: "waived", detail: "waived by name", ...(waiver && { waiver: reported(waiver) }) };
    case "attested":
      return { ...gate, result: "passed", detail: `attested ${why}` };
    case "open":
      return openResult(state, question);
    case "automatic":
      if (kind === "P") return planResult(gate, gates, question);
      return { ...gate, result: kind === "R" ? "pending" : "passed", detail: why };
  }
}

function openResult({ id, title, kind, phase, why, code }: GateState, { system, goesBack }: GateQuestion): GateResult {
  const gate = { id, title, stage: STAGES[kind] };
  if (phase === "pre" && goesBack) {
    return { ...gate, result: "passed", detail: `the way back does not wait for it (${why})` };
  }
  const cure = `\`${attestation(system, id)}\``;
  return phase === "pre"
    ? { ...gate, result: "open", ...(code && { code }), detail: `${why}. Attest what holds: ${cure}` }
    : {
        ...gate,
        result: "pending",
        detail: `asked ${phase === "post" ? "before the next environment" : "while it runs"}: ${why}`,
      };
}

function planResult(
  gate: Pick<GateResult, "id" | "title" | "stage">,
  gates: GatesData,
  { plan, now }: GateQuestion,
): GateResult {
  const only = { ...gates, gates: gates.gates.filter(({ id }) => id === gate.id) };
  const [first, ...rest] = refusedFindings(only, plan, now);
  if (first !== undefined) {
    return { ...gate, result: "refused", code: first.code, detail: describeFindings([first, ...rest], gates, now) };
  }
  const [found] = refusedFindings({ ...only, waivers: [] }, plan, now);
  const waiver = found && findWaiver(gates.waivers, gate.id, now, found.address);
  if (waiver === undefined) return { ...gate, result: "passed", detail: "nothing was found in the plan" };
  return { ...gate, result: "waived", detail: `waived for ${waiver.resources?.join(", ")}`, waiver: reported(waiver) };
}

function windowResult({ system: { gates }, goesBack, finishes, now }: GateQuestion): GateResult[] {
  if (gates === undefined || gates.windows.length === 0) return [];
  const gate = { id: MAINTENANCE_WINDOW, title: "It is applied in a maintenance window", stage: "apply" as const };
  if (goesBack) return [{ ...gate, result: "passed", detail: "the way back does not wait for it" }];
  if (finishes) return [{ ...gate, result: "passed", detail: "the end of a failed apply does not wait for it" }];
  const waiver = findWaiver(gates.waivers, MAINTENANCE_WINDOW, now);
  if (waiver !== undefined) return [{ ...gate, result: "waived", detail: "waived by name", waiver: reported(waiver) }];
  const next = firstOpening(gates.windows, now)?.toISOString();
  const detail = gates.windows.some((window) => isOpen(window, now))
    ? "one is open now"
    : `none is open now; ${next === undefined ? "none will be" : `the next opens ${next}`}`;
  return [{ ...gate, result: "pending", detail }];
}

function reported({ by, reason, expires }: ReportedWaiver): ReportedWaiver {
  return { by, reason, expires };
}
