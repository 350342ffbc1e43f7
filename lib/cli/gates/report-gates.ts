import type { ErrorCode } from "../../core/error-codes";
import type { PromotionReport } from "../../promotion/promotion-report";
import { openChangeLines, PROOF_GATE } from "../../promotion/proof/proof-gate";
import { RefusedError } from "../../promotion/refused-error";
import type { Project } from "../project/project";
import { allRecords } from "../project/records";

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

/**
 * Whether the environment before applied something since a plan was judged.
 *
 * @throws RefusedError `RecordsBroken`
 */
export async function hasNewRecords(project: Project, { system, proof }: PromotionReport): Promise<boolean> {
  if (proof === undefined) return false;
  const records = await allRecords(project, `${system}-${proof.environment}`);
  return records.at(-1)?.digest !== proof.records.at(-1);
}
