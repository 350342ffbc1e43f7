import { lt } from "semver";
import type { ErrorCode } from "../../core/error-codes";
import { RefusedError } from "../../core/errors";
import {
  expiredWaiver,
  findWaiver,
  MAINTENANCE_WINDOW,
  PROOF_GATE,
  readWaivers,
  type Waiver,
  waiversPath,
  waiverToWrite,
} from "../../manifest/waivers";
import type { PlanSummary } from "../plan/plan-summary";
import type { SynthesizedSystem } from "../plan/synthesized-steps";
import type { GateResult, PromotionReport, ReportedWaiver } from "../promotion-report";
import type { ApplyRecord } from "../records/apply-record";
import { attestation, statesOf, type GateState } from "./evidence-gates";
import { describeFindings, findingsOf, firstOpening, isOpen } from "./plan-gates";
import { openChangeLines } from "./proof-gate";
import { refusedMove } from "./release-gates";

/**
 * What is about to happen.
 *
 * - `plan`: a plan was made; an apply may come later, when a window is open
 * - `apply`: a plan is applied now
 * - `pin`: the environment gets another release in `releases.json`; no plan is there yet
 * - `leave`: the release moves on to the next environment
 */
export type GateMoment = "plan" | "apply" | "pin" | "leave";

/** What the gates of a system in an environment are asked. */
export interface GateQuestion {
  readonly moment: GateMoment;
  /** The system at the release that is wanted. */
  readonly system: SynthesizedSystem;
  /** For `plan` and `apply`. */
  readonly plan?: PlanSummary;
  /** The last apply, or what replaces it: the release that the environment runs. */
  readonly last?: Pick<ApplyRecord, "release" | "result"> | undefined;
  /** What the history of the applied steps says about the plan. */
  readonly history?: readonly GateResult[];
  /** What the proof says about the plan, in a protected environment. */
  readonly proof?: GateResult | undefined;
  /** @default - now */
  readonly now?: Date;
}

/** A question with what answers it. */
interface GateCase extends GateQuestion {
  readonly now: Date;
  readonly waivers: readonly Waiver[];
  /** To an older release: neither evidence nor a window blocks a rollback, which is needed at night. */
  readonly goesBack: boolean;
  /** To the end of an apply that failed half-way: that waits for no window. */
  readonly finishes: boolean;
}

/**
 * Judges the gates of a system in an environment: the only judgement that there is. A plan reports it, an apply, a
 * promotion and a rollback go on when it holds nothing that is `refused` or `open`.
 *
 * @param project folder of the project, which holds the evidence and the waivers
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidEvidence`, `InvalidWaivers`
 */
export function judgeGates(project: { readonly directory: string }, question: GateQuestion): GateResult[] {
  const { moment, system, plan, last, history = [], proof, now = new Date() } = question;
  // An apply that changes nothing needs no leave.
  if (moment === "apply" && plan?.changes === false) return [];
  const waivers = readWaivers(waiversPath(project.directory), system);
  const goesBack = last !== undefined && lt(system.release, last.release);
  const finishes = last !== undefined && last.result !== "applied" && last.release === system.release;
  const given: GateCase = { ...question, now, waivers, goesBack, finishes };
  const states = statesOf(project, system, waivers, now);
  if (moment === "leave") {
    return states.filter(({ phase }) => phase === "post").map((state) => stateResult(state, given));
  }
  return [
    ...moveResult(given),
    ...states.map((state) => stateResult(state, given)),
    ...windowResult(given),
    ...history,
    ...(proof === undefined ? [] : [proof]),
  ];
}

/** Whether the compatibility matrix allows the move; nothing where there is none, or no move. */
function moveResult({ system, last }: GateCase): GateResult[] {
  if (system.compatibility === undefined || last?.result !== "applied" || last.release === system.release) return [];
  const gate = { id: "compatibility", title: "The compatibility matrix allows the move", stage: "plan" as const };
  const refused = refusedMove(system, last.release, system.release);
  return refused === undefined
    ? [{ ...gate, result: "passed", detail: `it allows to go from ${last.release} to ${system.release}` }]
    : [{ ...gate, result: "refused", ...refused }];
}

type NamedGate = Pick<GateResult, "id" | "title" | "stage">;

function stateResult(state: GateState, given: GateCase): GateResult {
  const { id, title, kind, standing, why, waiver } = state;
  const gate = { id, title, stage: kind };
  switch (standing) {
    case "waived":
      return { ...gate, result: "waived", detail: "waived by name", ...(waiver && { waiver: reported(waiver) }) };
    case "attested":
      return { ...gate, result: "passed", detail: `attested ${why}` };
    case "open":
      return openResult(gate, state, given);
    case "automatic":
      if (kind === "plan") return planResult(gate, given);
      return { ...gate, result: kind === "run" ? "pending" : "passed", detail: why };
  }
}

function openResult(
  gate: NamedGate,
  { phase, why, code }: GateState,
  { moment, system, goesBack }: GateCase,
): GateResult {
  if (phase === "pre" && goesBack) {
    return { ...gate, result: "passed", detail: `the way back does not wait for it (${why})` };
  }
  if (phase === (moment === "leave" ? "post" : "pre")) {
    const cure = `\`${attestation(system, gate.id)}\`, and commit the file`;
    return { ...gate, result: "open", ...(code && { code }), detail: `${why}. Attest what holds: ${cure}` };
  }
  const when = phase === "post" ? "before the next environment" : "while it runs";
  return { ...gate, result: "pending", detail: `asked ${when}: ${why}` };
}

function planResult(gate: NamedGate, { system, plan, waivers, now }: GateCase): GateResult {
  if (plan === undefined) return { ...gate, result: "pending", detail: "asked when it is planned" };
  const found = findingsOf(system.gates!, gate.id, plan);
  const [first, ...rest] = found.filter(({ address }) => findWaiver(waivers, gate.id, now, address) === undefined);
  if (first !== undefined) {
    const ended = expiredWaiver(waivers, gate.id, now);
    return { ...gate, result: "refused", code: first.code, detail: describeFindings(system, [first, ...rest], ended) };
  }
  const waiver = found[0] && findWaiver(waivers, gate.id, now, found[0].address);
  if (waiver === undefined) return { ...gate, result: "passed", detail: "nothing was found in the plan" };
  return { ...gate, result: "waived", detail: `waived for ${waiver.changes?.join(", ")}`, waiver: reported(waiver) };
}

function windowResult({ moment, system, waivers, goesBack, finishes, now }: GateCase): GateResult[] {
  const { gates } = system;
  if (gates === undefined || gates.windows.length === 0) return [];
  const gate = { id: MAINTENANCE_WINDOW, title: "It is applied in a maintenance window", stage: "apply" as const };
  if (goesBack) return [{ ...gate, result: "passed", detail: "the way back does not wait for it" }];
  if (finishes) return [{ ...gate, result: "passed", detail: "the end of a failed apply does not wait for it" }];
  const waiver = findWaiver(waivers, MAINTENANCE_WINDOW, now);
  if (waiver !== undefined) return [{ ...gate, result: "waived", detail: "waived by name", waiver: reported(waiver) }];
  const next = firstOpening(gates.windows, now)?.toISOString();
  const isNow = gates.windows.some((window) => isOpen(window, now));
  if (moment !== "apply") {
    const detail = isNow
      ? "one is open now"
      : `none is open now; ${next === undefined ? "none will be" : `the next opens ${next}`}`;
    return [{ ...gate, result: "pending", detail }];
  }
  if (isNow) return [{ ...gate, result: "passed", detail: "one is open now" }];
  const detail =
    `it is ${now.toISOString()}, and ${system.system} in ${system.environment} may be changed only in a maintenance window` +
    `${next === undefined ? "" : `; the next opens ${next}`}${expiredWaiver(waivers, MAINTENANCE_WINDOW, now)}. ` +
    `Apply the saved plan then, or waive it by name in waivers.json: ${waiverToWrite(system, MAINTENANCE_WINDOW)}`;
  return [{ ...gate, result: "open", code: "OutsideMaintenanceWindow", detail }];
}

function reported({ by, reason, expires }: ReportedWaiver): ReportedWaiver {
  return { by, reason, expires };
}

/**
 * Goes on when no gate refuses or is open.
 *
 * @param consequence what does not happen: `nothing was applied`
 * @param report report on the plan, which lists what was not proved
 * @throws RefusedError the code of the first gate that refuses, else of the first that is open
 */
export function requirePassed(
  results: readonly GateResult[],
  { system, environment, release }: Pick<SynthesizedSystem, "system" | "environment" | "release">,
  consequence: string,
  report?: Pick<PromotionReport, "resources" | "steps" | "rollbacks" | "proof">,
): void {
  const refused = refusal(
    results,
    `${consequence}: release ${release} of ${system} is refused in ${environment}`,
    report,
  );
  if (refused !== undefined) throw refused;
  const open = results.filter(({ result }) => result === "open");
  if (open.length === 0) return;
  const lines = open.map(({ id, title, code, detail }) => `  ${code}: ${id} (${title}): ${detail}`).join("\n");
  throw new RefusedError(
    open[0]!.code as ErrorCode,
    `${open.length === 1 ? "a gate is" : `${open.length} gates are`} open for release ${release} of ${system} in ` +
      `${environment}, so ${consequence}:\n${lines}`,
  );
}

/** Why a plan is not to be applied, with the code of the first of its gates that refuses; nothing when none does. */
export function refusalOf(report: PromotionReport): RefusedError | undefined {
  return refusal(report.gates, `the plan of ${report.system} in ${report.environment} is not to be applied`, report);
}

function refusal(
  results: readonly GateResult[],
  headline: string,
  report: Pick<PromotionReport, "resources" | "steps" | "rollbacks" | "proof"> | undefined,
): RefusedError | undefined {
  const refused = results.filter(({ result }) => result === "refused");
  const [first] = refused;
  if (first === undefined) return undefined;
  const reasons = refused.flatMap(({ id, code, detail }) => {
    const listed = id === PROOF_GATE && code !== "ReleaseNotApplied";
    return [detail, ...(listed && report !== undefined ? openChangeLines(report) : [])];
  });
  return new RefusedError((first.code ?? "ChangesNotProved") as ErrorCode, `${headline}.\n${reasons.join("\n")}`);
}
