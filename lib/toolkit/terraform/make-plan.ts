import { rmSync } from "node:fs";
import { PlanBuilder, type PlanReading, type ReadingOptions } from "../../promotion/plan/plan-builder";
import { PlanReader } from "../../promotion/plan/read-plan";
import { summarizePlan, type PlanSummary } from "../../promotion/plan/plan-summary";
import { program } from "../../manifest/program";
import { OUT_OF_ORDER, REMOVED, ROLLBACK } from "../../provider/plan-step";
import { parseUnreadable } from "../../provider/diagnostics";
import type { ErrorCode } from "../../core/error-codes";
import { RefusedError, SternaError } from "../../core/errors";
import type { ApplyIntent } from "../../promotion/records/apply-intents";
import type { ApplyRecord } from "../../promotion/records/apply-record";
import type { ConfiguredExpressions } from "../../promotion/plan/expressions";
import type { StepChange } from "../../promotion/plan/step-change";
import { describeUndo } from "../../promotion/plan/undo";
import { historyResult } from "../../promotion/gates/history-gate";
import { judgeGates } from "../../promotion/gates/judge-gates";
import { isEffectlessJson } from "../ledgers/find-applied";
import { variablesOf, type Project } from "../project/project";
import { type EnvironmentDifferences, readDifferences, expressionsOf, stackConfiguration } from "../project/proof";
import { lanesOf, allRecords, lastRecord } from "../project/records";
import {
  describedPlan,
  discardPlan,
  type PlanDescription,
  planFiles,
  savePlan,
  type PlanFiles,
  type SavedPlan,
} from "../project/saved-plan";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import type { Reporter, ToolkitContext } from "../reporter";
import { completeByLog, completeByPlan } from "./complete-record";
import { type TerraformDiagnostic, cureOf, describeDiagnostic, PlanEvents, terraformFailure } from "./diagnostics";
import { initialize } from "./init";
import { type ProofRecords, proveBy, readProofRecords } from "./prove-plan";
import { Terraform } from "./terraform";
import { WarmProviders } from "./warm-providers";

/** A plan that was just made and saved, or judged again. */
export interface MadePlan {
  readonly plan: PlanReading;
  readonly saved: SavedPlan;
  /** The expressions in the configuration of the plan. */
  readonly configured: ConfiguredExpressions;
  /** Earlier applies of this environment. */
  readonly own: readonly ApplyRecord[];
}

/** What a plan is judged against. */
interface PlanBasis {
  readonly differences: EnvironmentDifferences;
  readonly last: ApplyRecord | undefined;
  /** Applies of this environment itself. Empty if its records are broken and nothing depends on them. */
  readonly own: readonly ApplyRecord[];
  readonly records: ProofRecords | undefined;
}

/** A plan from Terraform, before anything is judged. */
export interface RawPlan {
  readonly plan: PlanReading;
  readonly summary: PlanSummary;
  readonly warnings: readonly TerraformDiagnostic[];
  /** Version of Terraform. */
  readonly terraform: string;
}

/**
 * Plans a stack with Terraform, compares the plan with what the previous environment proved, and saves it.
 *
 * @throws SternaError `TerraformMissing`, `TerraformFailed`, `Interrupted`
 * @throws RefusedError what Sterna's provider refuses: an edited step, an unproved step; `RecordsBroken`
 */
export async function makePlan(
  project: Project,
  system: SynthesizedSystem,
  surroundings: ToolkitContext["surroundings"],
  terminal: Reporter,
): Promise<MadePlan> {
  const files = planFiles(project, system.stack);
  const lost = await completeByLog(project, system.stack);
  let basis = await readBasis(project, system, surroundings.environment);
  const { terraform, warnings, ...made } = await planStack(
    ...([project, system, surroundings, terminal, files] as const),
    // Only with values can the proof find what is missing, and the records of killed applies be completed.
    { ...readingOptions(basis, namesOf(lost)), needsValues: basis.records !== undefined || lost.length > 0 },
  );
  try {
    if (lost.length > 0) {
      await completeByPlan(project, lost, made);
      basis = await readBasis(project, system, surroundings.environment);
    }
    const told = untold(warnings).map(describeDiagnostic);
    const { description, ...judged } = await judgePlan(project, system, basis, { ...made, warnings: told });
    return { ...judged, saved: savePlan(project, files, system, terraform, description) };
  } catch (error) {
    discardPlan(files);
    throw error;
  }
}

/**
 * Judges a saved plan again, from Terraform's own file: the description saved next to it does not decide what is
 * allowed.
 *
 * @throws SternaError `TerraformMissing`, `TerraformFailed`, `Interrupted`
 * @throws RefusedError `RecordsBroken`
 */
export async function judgeSaved(
  project: Project,
  system: SynthesizedSystem,
  saved: SavedPlan,
  surroundings: ToolkitContext["surroundings"],
  terminal: Reporter,
): Promise<MadePlan> {
  const variables = variablesOf(project, system.environment, surroundings.environment);
  const terraform = new Terraform(system.directory, variables, terminal, system);
  await initialize(terraform, system.directory, variables, terminal);
  const basis = await readBasis(project, system, surroundings.environment);
  const file = planFiles(project, system.stack).plan;
  const plan = await withWarmProviders(terraform, system, terminal, () =>
    readPlan(terraform, file, readingOptions(basis)),
  );
  // The plan's JSON does not contain the provider's warnings. An adopted step needs the same proof as one that runs.
  const adopted = new Set(saved.summary.steps.filter(({ action }) => action === "adopt").map(({ address }) => address));
  const summary = summarizePlan(plan, { isEffectless: isEffectlessJson, adopted });
  const { warnings } = saved.report;
  const { description, ...judged } = await judgePlan(project, system, basis, { plan, summary, warnings });
  return { ...judged, saved: describedPlan(system, saved, description) };
}

async function readBasis(project: Project, system: SynthesizedSystem, process: NodeJS.ProcessEnv): Promise<PlanBasis> {
  const differences = readDifferences(project, system.system, system.environment);
  const last = await lastRecord(project, system.stack);
  const own = await ownRecords(project, system, last);
  return { differences, last, own, records: await readProofRecords(project, system, own, process) };
}

/** A rollback is judged by them. Otherwise broken records block nothing here: the next environment detects them. */
async function ownRecords(
  project: Project,
  { stack, release, protected: isProtected }: SynthesizedSystem,
  last: ApplyRecord | undefined,
): Promise<readonly ApplyRecord[]> {
  try {
    return (await allRecords(project, stack)).map(({ record }) => record);
  } catch (error) {
    const matters = isProtected && last !== undefined && last.release !== release;
    if (matters || !(error instanceof RefusedError)) throw error;
    return last === undefined ? [] : [last];
  }
}

function readingOptions(
  { differences, records, own }: PlanBasis,
  lost: ReadonlySet<string> = new Set(),
): ReadingOptions {
  const proved = records?.history.resources;
  const recorded = new Set(own.flatMap(({ changes }) => changes.map(({ name }) => name)));
  return {
    differences: differences.declared,
    fingerprints: (name) => lost.has(name) || recorded.has(name) || (proved?.has(name) ?? false),
  };
}

async function judgePlan(
  project: Project,
  system: SynthesizedSystem,
  { differences, last, own, records }: PlanBasis,
  made: Pick<PlanDescription, "plan" | "summary" | "warnings">,
): Promise<Omit<MadePlan, "saved"> & { readonly description: PlanDescription }> {
  const configured = expressionsOf(project, system, differences.declared, made.plan.variables);
  const proof = records && proveBy(project, system, records, { ...made, configured }, differences);
  const description: PlanDescription = {
    ...made,
    configured,
    chain: await lanesOf(project, system),
    release: { ...(last === undefined ? {} : { from: last.release }), to: system.release },
    proof: proof?.report,
    gates: judgeGates(project, {
      ...{ moment: "plan", system, plan: made.summary, last, proof: proof?.gate },
      history: historyResult(system, made.summary, made.plan),
    }),
    undoPreview: undoPreviewOf,
  };
  return { plan: made.plan, configured, own, description };
}

/**
 * Checks whether a stack is still in the state of its last apply. Completes the records of killed applies with what it
 * finds.
 *
 * @param needsValues whether the fingerprints of all resources are needed, of those that stay as they are too
 * @returns what an apply would change now; nothing is saved
 * @throws SternaError `TerraformMissing`, `TerraformFailed`, `Interrupted`
 */
export async function planForDrift(
  project: Project,
  system: SynthesizedSystem,
  surroundings: ToolkitContext["surroundings"],
  terminal: Reporter,
  needsValues: boolean,
): Promise<RawPlan> {
  const files = planFiles(project, `${system.stack}.drift`);
  const { declared } = readDifferences(project, system.system, system.environment);
  const lost = await completeByLog(project, system.stack);
  const options = { differences: declared, fingerprints: () => true, needsValues: needsValues || lost.length > 0 };
  try {
    const made = await planStack(project, system, surroundings, terminal, files, options);
    await completeByPlan(project, lost, made);
    return made;
  } finally {
    discardPlan(files);
  }
}

function namesOf(intents: readonly ApplyIntent[]): ReadonlySet<string> {
  return new Set(intents.flatMap(({ record }) => record.changes.map(({ name }) => name)));
}

interface PlanningOptions extends ReadingOptions {
  /** Whether the values of resources matter even if nothing changes. */
  readonly needsValues: boolean;
}

/** Runs what only reads with providers that are already running. If one of them dies, Terraform starts its own. */
async function withWarmProviders<T>(
  terraform: Terraform,
  { directory }: SynthesizedSystem,
  terminal: Reporter,
  work: () => Promise<T>,
): Promise<T> {
  const warm = await WarmProviders.start(directory, terraform.environment);
  try {
    terraform.attach(warm?.variables);
    return await work();
  } catch (error) {
    const isInterrupted = error instanceof SternaError && error.code === "Interrupted";
    if (warm === undefined || !warm.ended || isInterrupted) throw error;
    if (terminal.verbose) terminal.report("a provider exited early; retrying with providers that Terraform starts");
    terraform.attach(undefined);
    return await work();
  } finally {
    terraform.attach(undefined);
    await warm?.stop();
  }
}

async function planStack(
  project: Project,
  system: SynthesizedSystem,
  surroundings: ToolkitContext["surroundings"],
  terminal: Reporter,
  files: PlanFiles,
  options: PlanningOptions,
): Promise<RawPlan> {
  const variables = variablesOf(project, system.environment, surroundings.environment);
  const terraform = new Terraform(system.directory, variables, terminal, system);
  await initialize(terraform, system.directory, variables, terminal);
  terminal.announce(`planning ${system.system} in ${system.environment}…`);
  return withWarmProviders(terraform, system, terminal, () => planWith(terraform, system, terminal, files, options));
}

async function planWith(
  terraform: Terraform,
  system: SynthesizedSystem,
  terminal: Reporter,
  files: PlanFiles,
  options: PlanningOptions,
): Promise<RawPlan> {
  discardPlan(files);
  const log = `${files.plan}.log`;
  const events = new PlanEvents();
  const run = await terraform.run(["plan", "-input=false", "-json", `-out=${files.plan}`], {
    log,
    onEvent: (event) => {
      events.take(event);
      if (event.type === "refresh_start" || event.type === "apply_start") terminal.showLive(event.message);
    },
  });
  rmSync(log, { force: true });
  terminal.showLive(undefined);
  if (terminal.verbose) for (const diagnostic of run.diagnostics) terminal.report(describeDiagnostic(diagnostic));
  if (!run.succeeded) {
    discardPlan(files);
    throw terraformFailure("terraform plan", run, system);
  }
  const warnings = run.diagnostics.filter(({ severity }) => severity === "warning");
  const isEmpty = !options.needsValues && events.changesNothing("output" in stackConfiguration(system));
  const plan = isEmpty ? emptyPlan(run.version) : await readPlan(terraform, files.plan, options);
  try {
    requireReadableLedgers(system, plan, warnings);
  } catch (error) {
    discardPlan(files);
    throw error;
  }
  const summary = summarizePlan(plan, {
    isEffectless: isEffectlessJson,
    adopted: new Set(warnings.filter(isAdoption).map(({ address }) => address ?? "")),
  });
  return { plan, summary, warnings, terraform: run.version };
}

/** What a plan says that changes nothing: to read it, Terraform would start all providers once more. */
function emptyPlan(terraform: string): PlanReading {
  return { ...new PlanBuilder({}).build(), terraform, applyable: false };
}

/** Codes of a ledger that will not exist in the apply either, unless the apply creates its database. */
const UNREADABLE = ["LedgerUnreachable", "DatabaseRefused"];

/**
 * A plan that could not read a ledger does not know what is applied. It is accepted if the same apply creates what
 * contains the ledger, or what the step waits for.
 *
 * @throws SternaError `LedgerUnreachable`, `DatabaseRefused`
 */
function requireReadableLedgers(
  { system, environment }: SynthesizedSystem,
  plan: PlanReading,
  warnings: readonly TerraformDiagnostic[],
): void {
  const made = plan.resources.filter(({ action }) => action === "create" || action === "replace");
  if (made.some(({ stateful }) => stateful)) return;
  const isMade = (address: string) => made.some((each) => each.address.replace(/\[.*$/, "") === address);
  const waits = (address: string, seen = new Set([address])): boolean =>
    (plan.dependencies.get(address) ?? []).some(
      (each) => isMade(each) || (!seen.has(each) && waits(each, seen.add(each))),
    );
  const found = warnings.flatMap((warning) => {
    const unreadable = parseUnreadable(warning.summary);
    const isOpen = unreadable !== undefined && UNREADABLE.includes(unreadable.code) && !waits(warning.address ?? "");
    return isOpen ? [{ ...unreadable, reason: warning.detail }] : [];
  });
  const [first] = found;
  if (first === undefined) return;
  throw new SternaError(
    first.code as ErrorCode,
    `the plan of ${system} in ${environment} is not ready to apply: what is applied already is not known, since the ledger of ` +
      `${found.map(({ step }) => step).join(", ")} cannot be read.\n${first.reason}${cureOf(first.code, environment)}`,
  );
}

function undoPreviewOf({ action, preview, program: json, appliedAt }: StepChange): readonly string[] {
  // Its effect stays, and nothing runs again.
  if (action === "forget") return [];
  if (action !== "roll-back") return preview;
  const parsed = json === undefined ? undefined : program.safeParse(JSON.parse(json)).data;
  return parsed === undefined ? [] : describeUndo({ program: parsed, appliedAt });
}

/** Terraform's warning about a condition of a `check` block. The plan itself has more details. */
const FAILED_CHECK = "Check block assertion failed";

/** Warnings, without those that the plan covers: adopted and rolled back steps, and failing checks. */
function untold(warnings: readonly TerraformDiagnostic[]): TerraformDiagnostic[] {
  const shown = [ROLLBACK, REMOVED, OUT_OF_ORDER, FAILED_CHECK];
  return warnings.filter((warning) => !isAdoption(warning) && !shown.includes(warning.summary));
}

/** The provider's warning about a step that is applied in the ledger but not in the state. */
function isAdoption({ summary }: TerraformDiagnostic): boolean {
  return /\badopted\b/.test(summary);
}

/**
 * Reads a plan file. Its JSON contains secrets that must not be written to disk, so it is read as Terraform prints it.
 */
export async function readPlan(terraform: Terraform, plan: string, options: ReadingOptions): Promise<PlanReading> {
  const reader = new PlanReader(options);
  const { succeeded, output } = await terraform.runToReader(["show", "-json", plan], (bytes) => reader.write(bytes));
  if (succeeded) return reader.end();
  throw terraformFailure("terraform show", { diagnostics: [], otherOutput: output, interrupts: 0 });
}
