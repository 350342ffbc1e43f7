import type { ErrorCode } from "../../core/error-codes";
import type { PromotionReport } from "../../promotion/promotion-report";
import { RefusedError } from "../../promotion/refused-error";
import type { Project } from "../project/project";
import { allRecords } from "../project/records";

/** Why a plan is not to be applied: the first of its gates that refuses; nothing when all let it through. */
export function refusalOf({ gates }: PromotionReport): RefusedError | undefined {
  const refused = gates.find(({ result }) => result === "refused");
  return refused && new RefusedError((refused.code ?? "ChangesNotProved") as ErrorCode, refused.detail);
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
