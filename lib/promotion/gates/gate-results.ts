import { lt } from "semver";
import type { ErrorCode } from "../../core/error-codes";
import { RefusedError } from "../../core/refused-error";
import { type GatesData, MAINTENANCE_WINDOW, findWaiver } from "../../manifest/gate-data";

import type { SynthesizedSystem } from "../plan/synthesized-steps";
import type { PlanSummary } from "../plan/plan-summary";
import type { GateResult, ReportedWaiver, PromotionReport } from "../promotion-report";
import type { ApplyRecord } from "../records/apply-record";
import { attestation, statesOf, type GateState } from "./evidence-gates";
import { isOpen, firstOpening, describeFindings, refusedFindings } from "./plan-gates";
import { openChangeLines, PROOF_GATE } from "./proof-gate";
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
  project: { readonly directory: string },
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

/** Where an apply leads, seen from the last one. */
interface Course {
  /** To an older release: neither evidence nor a window bars the way back, which is what people need at night. */
  readonly goesBack: boolean;
  /** To the end of an apply that failed half-way: that waits for no window. */
  readonly finishes: boolean;
}

/** @param last record of the last apply, if there is one */
export function courseTo(release: string, last: Pick<ApplyRecord, "release" | "result"> | undefined): Course {
  return {
    goesBack: last !== undefined && lt(release, last.release),
    finishes: last !== undefined && last.result !== "applied" && last.release === release,
  };
}

/** Why a plan is not to be applied, with the code of the first of its gates that refuses; nothing when none does. */
export function refusalOf(report: PromotionReport): RefusedError | undefined {
  const refused = report.gates.filter(({ result }) => result === "refused");
  const [first] = refused;
  if (first === undefined) return undefined;
  const reasons = refused.flatMap(({ id, code, detail }) => {
    const listed = id === PROOF_GATE && code !== "ReleaseNotApplied";
    return [detail, ...(listed ? openChangeLines(report) : [])];
  });
  return new RefusedError(
    (first.code ?? "ChangesNotProved") as ErrorCode,
    `the plan of ${report.system} in ${report.environment} is not to be applied.\n${reasons.join("\n")}`,
  );
}

/**
 * Looks again at what may have changed since a plan was judged: its waivers may have expired.
 *
 * @param now milliseconds since 1970
 * @throws RefusedError what its gates refused, `ChangesNotProved`
 */
export function requireAllowed(report: PromotionReport, now = Date.now()): void {
  const refusal = refusalOf(report);
  if (refusal !== undefined) throw refusal;
  if (!report.protected) return;
  const proofs = [...report.resources, ...report.steps, ...(report.proof?.missing ?? [])].map(({ proof }) => proof);
  const expired = proofs.find((proof) => proof?.waiver !== undefined && Date.parse(proof.waiver.expires) <= now);
  if (expired?.waiver === undefined) return;
  throw new RefusedError(
    "ChangesNotProved",
    `the waiver of ${expired.waiver.by} ("${expired.waiver.reason}") expired ${expired.waiver.expires}; ` +
      `plan again, and waive what has to be waived`,
  );
}
