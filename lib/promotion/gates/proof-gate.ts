import { someLines } from "../../core/text";
import { PROOF_GATE } from "../../manifest/waivers";
import { isOpen, judgedChanges, type ReportProof } from "../report/build-report";
import { reportedName, type GateResult, type PromotionReport } from "../promotion-report";
import type { ProvingHistory } from "../proof/proving-history";

const LISTED = 20;
/** Columns for the names in a list; longer ones push what follows. */
const WIDEST = 48;

/** What the gate looks at. */
export interface ProofGateSource extends Pick<PromotionReport, "system" | "environment" | "release"> {
  readonly proof: ReportProof;
  readonly history: ProvingHistory;
  /** Whether the environment goes back to an older release. */
  readonly goesBack: boolean;
  /** Whether an apply would do anything. */
  readonly changes: boolean;
}

/**
 * The gate of a protected environment: it takes only what the environment before proved, or what a person waived by
 * name. A rollback may also undo a newer release, or restore what was here: see `WayBack`.
 */
export function proofGate({
  system,
  environment,
  release,
  proof,
  history,
  goesBack,
  changes,
}: ProofGateSource): GateResult {
  const gate = { id: PROOF_GATE, title: `Only what ${proof.environment} proved`, stage: "plan" as const };
  if (!changes) return { ...gate, result: "passed", detail: "there is nothing to prove" };
  const judged = judgedChanges(proof);
  const open = judged.filter(([, found]) => isOpen(found));
  if (!history.isApplied && open.length > 0 && !goesBack) {
    return {
      ...gate,
      result: "refused",
      code: "ReleaseNotApplied",
      detail:
        `no record shows that release ${release.to} was applied in ${proof.environment}; ` +
        `run \`sterna apply ${system} ${proof.environment}\` first, and plan again`,
    };
  }
  if (open.length > 0) {
    const { steps, rollbacks } = proof.verdicts;
    const expired = open.filter(([name]) => proof.waivers.expired.has(name)).map(([name]) => name);
    return {
      ...gate,
      result: "refused",
      code: open.every(([name]) => steps.has(name) || rollbacks.has(name)) ? "StepsNotProved" : "ChangesNotProved",
      detail:
        `${proof.environment} has not proved ${open.length} of ${judged.length} changes for ${environment}` +
        (goesBack ? `, and they do not only take back what came after ${release.to}. ` : ". ") +
        (expired.length === 0 ? "" : `The waivers of ${expired.join(", ")} have expired. `) +
        `Apply the same in ${proof.environment} first, declare in environments.json what differs on purpose, ` +
        "or waive each by name in waivers.json.",
    };
  }
  const waived = judged.filter(([, { waiver }]) => waiver !== undefined);
  if (waived.length === 0) {
    const detail = goesBack
      ? `it goes back to ${release.to}: ${judged.length} changes are proven, or take back what came after it`
      : `${judged.length} changes are proven`;
    return { ...gate, result: "passed", detail };
  }
  const [, { waiver }] = waived[0]!;
  return {
    ...gate,
    result: "waived",
    detail: `${judged.length - waived.length} changes are proven, waived are ${waived.map(([name]) => name).join(", ")}`,
    waiver: waiver!,
  };
}

/** The changes of a report that are neither proven nor waived, a line each, for the message of a refusal. */
export function openChangeLines({
  resources,
  steps,
  rollbacks,
  proof,
}: Pick<PromotionReport, "resources" | "steps" | "rollbacks" | "proof">): string[] {
  const judged = [
    ...resources.map((each) => [reportedName(each), each.proof] as const),
    ...[...steps, ...rollbacks].map(({ id, proof: found }) => [id, found] as const),
    ...(proof?.missing ?? []).map(({ name, proof: found }) => [name, found] as const),
  ];
  const open = judged.flatMap(([name, found]) =>
    found !== undefined && isOpen(found) ? [[name, found] as const] : [],
  );
  const width = Math.min(WIDEST, Math.max(0, ...open.slice(0, LISTED).map(([name]) => name.length)));
  const lines = open.map(([name, { class: found, reason, attributes }]) => {
    const where =
      attributes.length === 0 ? "" : ` (${attributes.slice(0, 3).join(", ")}${attributes.length > 3 ? ", …" : ""})`;
    return `${found.padEnd(9)}  ${name.padEnd(width)}  ${reason}${where}`;
  });
  return someLines(lines, LISTED).map((line) => `  ${line}`);
}

/**
 * What the proof of a plan says when it is applied: what it said when the plan was made, unless a waiver that it rests on
 * has ended since.
 */
export function proofGateNow(report: PromotionReport, now: Date): GateResult | undefined {
  const gate = report.gates.find(({ id }) => id === PROOF_GATE);
  if (gate === undefined || !report.protected) return gate;
  const judged = [...report.resources, ...report.steps, ...report.rollbacks, ...(report.proof?.missing ?? [])];
  const proofs = judged.map(({ proof }) => proof);
  const waivers = [gate.waiver, ...proofs.map((proof) => proof?.waiver)].filter((waiver) => waiver !== undefined);
  const ended = waivers.find(({ expires }) => Date.parse(expires) <= now.getTime());
  if (ended === undefined) return gate;
  const { waiver: _waiver, ...rest } = gate;
  return {
    ...rest,
    result: "refused",
    code: "ChangesNotProved",
    detail:
      `the waiver of ${ended.by} ("${ended.reason}") expired ${ended.expires}; ` +
      `plan again, and waive what has to be waived`,
  };
}
