import { existsSync } from "node:fs";
import { join } from "node:path";
import { gt } from "semver";
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
import { compareChanges, type WayBack } from "../../promotion/proof/compare-changes";
import { ProvingHistory } from "../../promotion/proof/proving-history";
import { Waivers } from "../../promotion/proof/waivers";
import type { ApplyRecord } from "../../promotion/records/apply-record";
import type { ReportProof } from "../../promotion/report/build-report";
import type { Project } from "./project";
import { allRecords } from "./records";
import { StackFiles } from "./stack-files";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";

/** What the environment before says about a plan, and whether that is enough. */
export interface Proof {
  readonly report: ReportProof;
  /** Present in a protected environment. */
  readonly gate?: GateResult;
}

/** A plan, and what the configuration says that it was made of. */
export interface ProvedPlan {
  readonly plan: PlanReading;
  readonly summary: PlanSummary;
  readonly configured: ConfiguredExpressions;
}

/** What the environment before applied, up to the release that is wanted. */
export interface ProofRecords {
  readonly digests: readonly string[];
  readonly history: ProvingHistory;
  readonly release: PromotionReport["release"];
  /** Present when the environment goes back to an older release. */
  readonly back?: WayBack;
}

/**
 * Reads the records of the environment before; nothing in the first environment.
 *
 * @param own records of the environment itself, oldest first
 * @throws RefusedError `RecordsBroken`
 */
export async function readProofRecords(
  project: Project,
  system: SynthesizedSystem,
  own: readonly ApplyRecord[],
): Promise<ProofRecords | undefined> {
  if (system.previous === undefined) return undefined;
  const chained = await allRecords(project, `${system.system}-${system.previous}`);
  const from = own.at(-1)?.release;
  const release = { ...(from === undefined ? {} : { from }), to: system.release };
  const records = chained.map(({ record }) => record);
  const back = wayBack(system, own);
  return {
    digests: chained.map(({ digest }) => digest),
    history: new ProvingHistory(records, release),
    release,
    ...(back === undefined ? {} : { back }),
  };
}

/** An apply that should go back, and failed half-way, is still on the way back. */
function wayBack({ environment, release }: SynthesizedSystem, own: readonly ApplyRecord[]): WayBack | undefined {
  const from = own.findLast((record) => record.release !== release || record.result === "applied")?.release;
  if (from === undefined || !gt(from, release)) return undefined;
  return {
    environment,
    older: new ProvingHistory(own, { to: release }),
    all: ProvingHistory.ofAll(own, release),
  };
}

/**
 * Sets a plan beside the records of the environment before.
 *
 * @throws SternaError `FileNotJson`, `InvalidWaivers`
 */
export function proveBy(
  project: Project,
  system: SynthesizedSystem,
  { digests, history, release, back }: ProofRecords,
  { plan, summary, configured }: ProvedPlan,
  { names, free }: EnvironmentDifferences,
): Proof {
  const from = system.previous!;
  const report: ReportProof = {
    environment: from,
    records: digests,
    verdicts: compareChanges({
      from,
      history,
      plan,
      steps: [...summary.steps, ...summary.rollbacks],
      back,
      free,
      configured,
    }),
    waivers: new Waivers(readWaivers(waiversPath(project.directory), system), new Date()),
    differences: names,
  };
  if (!system.protected) return { report };
  const { changes } = summary;
  return {
    report,
    gate: proofGate({ ...system, release, proof: report, history, goesBack: back !== undefined, changes }),
  };
}

/** What an environment declares to be its own: it needs no proof. */
export interface EnvironmentDifferences {
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

const blocks = z.record(z.string(), z.unknown());
const namedBlocks = z.record(z.string(), blocks);

/** What is read of a `cdk.tf.json`. */
const configuration = z.looseObject({
  resource: namedBlocks.optional(),
  data: namedBlocks.optional(),
  ephemeral: namedBlocks.optional(),
  action: namedBlocks.optional(),
  module: blocks.optional(),
  locals: z.unknown().optional(),
  variable: blocks.optional(),
  provider: blocks.optional(),
  removed: z.unknown().optional(),
  terraform: z.unknown().optional(),
});

/**
 * The expressions of a synthesized stack.
 *
 * @param variables values of its input variables, in a plan
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `SynthesisUnreadable`
 */
export function expressionsOf(
  project: Pick<Project, "directory" | "workspace">,
  { directory }: Pick<SynthesizedSystem, "directory">,
  declared: DeclaredDifferences,
  variables: ReadonlyMap<string, unknown>,
): ConfiguredExpressions {
  const stack = readJsonFile(join(directory, "cdk.tf.json"), configuration, "SynthesisUnreadable");
  const files = new StackFiles(directory, project.directory, project.workspace, declared);
  return new ConfiguredExpressions(stack, declared, { files, variables });
}
