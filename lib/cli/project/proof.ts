import type { GateResult, PromotionReport } from "../../promotion/promotion-report";
import type { ReportProof } from "../../promotion/build-report";
import type { PlanReading } from "../../promotion/plan/plan-builder";
import type { PlanSummary } from "../../promotion/plan-summary";
import { compareChanges } from "../../promotion/proof/compare-changes";
import { proofGate } from "../../promotion/proof/proof-gate";
import { ProvingHistory } from "../../promotion/proof/proving-history";
import type { EnvironmentDifferences } from "./environment-differences";
import type { Project } from "./project";
import { expressionsOf } from "./expressions";
import { allRecords } from "./records";
import type { SynthesizedSystem } from "./stacks";
import { readWaivers } from "./waivers";

/** What the environment before says about a plan, and whether that is enough. */
export interface Proof {
  readonly report: ReportProof;
  /** Present in a protected environment. */
  readonly gate?: GateResult;
}

/** What the environment before applied, up to the release that is wanted. */
export interface ProofRecords {
  readonly digests: readonly string[];
  readonly history: ProvingHistory;
  readonly release: PromotionReport["release"];
}

/**
 * Reads the records of the environment before; nothing in the first environment.
 *
 * @param from release of the last apply here
 * @throws RefusedError `RecordsBroken`
 */
export async function readProofRecords(
  project: Project,
  system: SynthesizedSystem,
  from: string | undefined,
): Promise<ProofRecords | undefined> {
  if (system.previous === undefined) return undefined;
  const chained = await allRecords(project, `${system.system}-${system.previous}`);
  const release = { ...(from === undefined ? {} : { from }), to: system.release };
  const records = chained.map(({ record }) => record);
  return { digests: chained.map(({ digest }) => digest), history: new ProvingHistory(records, release), release };
}

/**
 * Sets a plan beside the records of the environment before.
 *
 * @throws SternaError `FileNotJson`, `InvalidWaivers`
 */
export function proveBy(
  project: Project,
  system: SynthesizedSystem,
  { digests, history, release }: ProofRecords,
  { plan, summary }: { readonly plan: PlanReading; readonly summary: PlanSummary },
  { names, free, declared }: EnvironmentDifferences,
): Proof {
  const from = system.previous!;
  const report: ReportProof = {
    environment: from,
    records: digests,
    verdicts: compareChanges({
      from,
      history,
      plan,
      steps: summary.steps,
      free,
      configured: expressionsOf(system, declared),
    }),
    waivers: readWaivers(project, system),
    differences: names,
  };
  if (!system.protected) return { report };
  const { changes } = summary;
  return { report, gate: proofGate({ ...system, release, proof: report, history, changes }) };
}
