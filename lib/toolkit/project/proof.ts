import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { environmentsFile } from "../../manifest/environments-file";
import { readWaivers, waiversPath } from "../../manifest/waivers";
import { proofGate } from "../../promotion/gates/proof-gate";
import { ConfiguredExpressions } from "../../promotion/plan/expressions";
import { DeclaredDifferences, type FreeAttribute } from "../../promotion/plan/fingerprint";
import type { PlanReading } from "../../promotion/plan/plan-builder";
import type { PlanSummary } from "../../promotion/plan/plan-summary";
import type { GateResult, PromotionReport } from "../../promotion/promotion-report";
import { compareChanges } from "../../promotion/proof/compare-changes";
import { ProvingHistory } from "../../promotion/proof/proving-history";
import { Waivers } from "../../promotion/proof/waivers";
import type { ReportProof } from "../../promotion/report/build-report";
import type { Project } from "./project";
import { allRecords } from "./records";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";

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
    waivers: new Waivers(readWaivers(waiversPath(project.directory), system), new Date()),
    differences: names,
  };
  if (!system.protected) return { report };
  const { changes } = summary;
  return { report, gate: proofGate({ ...system, release, proof: report, history, changes }) };
}

/** What an environment declares to be its own: it needs no proof. */
interface EnvironmentDifferences {
  readonly declared: DeclaredDifferences;
  /** Names of what is declared. */
  readonly names: readonly string[];
  readonly free: readonly FreeAttribute[];
}

/**
 * Reads what `environments.json` says about a system in an environment: the variables, the region and the name of the
 * environment itself.
 *
 * @throws SternaError `FileNotJson`, `InvalidEnvironments`
 */
export function readDifferences(project: Project, system: string, environment: string): EnvironmentDifferences {
  const { environments, differences }: z.output<typeof environmentsFile> = existsSync(project.environmentsFile)
    ? readJsonFile(project.environmentsFile, environmentsFile, "InvalidEnvironments")
    : { environments: [] };
  const entry = environments.find(({ name }) => name === environment);
  const values = {
    // A variable that is called so says more about it.
    ENVIRONMENT: environment,
    ...(entry?.region === undefined ? {} : { REGION: entry.region }),
    ...entry?.variables?.[system],
  };
  return {
    declared: new DeclaredDifferences(values),
    names: Object.keys(values),
    free: differences ?? [],
  };
}

/** What is read of a `cdk.tf.json`. */
const configuration = z.looseObject({
  resource: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

/**
 * The expressions of a synthesized stack.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `SynthesisUnreadable`
 */
export function expressionsOf(
  { directory }: Pick<SynthesizedSystem, "directory">,
  declared: DeclaredDifferences,
): ConfiguredExpressions {
  const { resource = {} } = readJsonFile(join(directory, "cdk.tf.json"), configuration, "SynthesisUnreadable");
  return new ConfiguredExpressions(resource, declared);
}
