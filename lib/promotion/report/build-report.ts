import { withAddition, INVOKE, REPLACE_AND_FORGET } from "../plan/resource-change";
import type { PlanReading } from "../plan/plan-builder";
import type { PlanParts, PlanSummary } from "../plan/plan-summary";
import type { ProofVerdicts } from "../proof/compare-changes";
import type { ConfiguredExpressions } from "../plan/expressions";
import type { Waivers } from "../proof/waivers";
import { runProvisioners } from "../plan/provisioners";
import {
  proofClass,
  reportedName,
  type GateResult,
  type ProofClass,
  type PromotionReport,
  type ReportedProof,
  type ReportedStep,
} from "../promotion-report";
import type { StepChange } from "../plan/step-change";

/** What the environment before says about a plan. */
export interface ReportProof {
  readonly environment: string;
  /** Digests of the records that were read, oldest first. */
  readonly records: readonly string[];
  readonly verdicts: ProofVerdicts;
  readonly waivers: Waivers;
  /** Names of the declared differences. */
  readonly differences: readonly string[];
}

/** What a report is made of. */
export interface ReportSource extends Pick<
  PromotionReport,
  "stack" | "system" | "environment" | "protected" | "chain" | "release" | "plannedAt" | "warnings" | "versions"
> {
  readonly previousEnvironment?: string | undefined;
  readonly plan: PlanReading;
  readonly summary: PlanSummary;
  /**
   * What the configuration says; it tells when a provisioner runs.
   * @default - unknown; then each is listed
   */
  readonly configured?: ConfiguredExpressions | undefined;
  /** Absent in the first environment. */
  readonly proof?: ReportProof | undefined;
  readonly gates: readonly GateResult[];
  readonly digest: string;
  readonly parts: PlanParts;
  /**
   * What undoing a step does, in lines for people.
   * @default - what the plan itself says
   */
  readonly undoPreview?: (step: StepChange) => readonly string[];
}

/** Puts all that is known about a plan into one report. */
export function buildReport(source: ReportSource): PromotionReport {
  const { plan, summary, proof, gates, undoPreview = ({ preview }) => preview } = source;
  const resources = plan.resources.map((resource) => {
    const name = reportedName(resource);
    const found = proof?.verdicts.resources.get(name);
    const provisioners = runProvisioners(resource, plan, source.configured);
    if (found === undefined && provisioners === undefined) return resource;
    return withAddition(resource, {
      ...(found === undefined ? {} : { proof: waive(name, found, proof!) }),
      ...(provisioners === undefined ? {} : { provisioners }),
    });
  });
  const reported = (step: StepChange, found: ReportedProof | undefined, preview: readonly string[]): ReportedStep => ({
    ...toReportedStep(step, preview),
    ...(found === undefined ? {} : { proof: waive(step.id, found, proof!) }),
  });
  const steps = summary.steps.map((step) => reported(step, proof?.verdicts.steps.get(step.id), step.preview));
  return {
    version: 1,
    stack: source.stack,
    system: source.system,
    environment: source.environment,
    protected: source.protected,
    ...(source.previousEnvironment === undefined ? {} : { previousEnvironment: source.previousEnvironment }),
    chain: source.chain,
    release: source.release,
    plannedAt: source.plannedAt,
    changes: summary.changes,
    allowed: gates.every(({ result }) => result !== "refused"),
    summary: summaryOf(plan, summary),
    resources,
    steps,
    rollbacks: summary.rollbacks.map((step) =>
      reported(step, proof?.verdicts.rollbacks.get(step.id), undoPreview(step)),
    ),
    deferred: [...plan.deferred],
    checks: [...plan.checks],
    outputs: [...plan.outputs],
    drift: [...plan.drift],
    ...(proof === undefined ? {} : { proof: proofOf(proof) }),
    gates: [...gates],
    warnings: source.warnings,
    digest: source.digest,
    parts: { ...source.parts },
    versions: source.versions,
  };
}

/** Every change that needs a proof, by name, with its waiver where it has one. */
export function judgedChanges({ verdicts, waivers }: ReportProof): [name: string, proof: ReportedProof][] {
  const missing = verdicts.missing.map(({ name, proof }) => [name, proof] as const);
  return [...verdicts.resources, ...verdicts.steps, ...verdicts.rollbacks, ...missing].map(([name, proof]) => [
    name,
    waivers.apply(name, proof),
  ]);
}

/** Whether a change is neither proven nor waived. */
export function isOpen({ class: proofClass, waiver }: ReportedProof): boolean {
  return proofClass !== "PROVEN" && waiver === undefined;
}

function proofOf(proof: ReportProof): PromotionReport["proof"] {
  const judged = judgedChanges(proof).map(([, found]) => found);
  const counts = Object.fromEntries(proofClass.options.map((each) => [each, 0])) as Record<ProofClass, number>;
  for (const found of judged) counts[found.class]++;
  return {
    environment: proof.environment,
    records: [...proof.records],
    counts,
    open: judged.filter(isOpen).length,
    notCompared: judged.reduce((sum, { notCompared = [] }) => sum + notCompared.length, 0),
    missing: proof.verdicts.missing.map((change) => ({ ...change, proof: waive(change.name, change.proof, proof) })),
    differences: [...proof.differences],
  };
}

function waive(name: string, found: ReportedProof, { waivers }: ReportProof): ReportedProof {
  return waivers.apply(name, found);
}

function toReportedStep(step: StepChange, preview: readonly string[]): ReportedStep {
  const { program: _program, attributes: _attributes, after, ...rest } = step;
  return { ...rest, after: [...after], preview: [...preview] };
}

function summaryOf(plan: PlanReading, summary: PlanSummary): PromotionReport["summary"] {
  const { resources } = plan;
  const counted = (wanted: (resource: (typeof resources)[number]) => boolean) => resources.filter(wanted).length;
  const runs = ({ action }: StepChange) => action === "run" || action === "retry";
  return {
    ...summary.counts,
    import: counted(({ importId }) => importId !== undefined),
    move: counted(({ movedFrom }) => movedFrom !== undefined),
    forget: counted(({ action }) => action === "forget" || action === REPLACE_AND_FORGET),
    defer: plan.deferred.length,
    invoke: counted(({ action }) => action === INVOKE),
    steps: summary.steps.filter(runs).length,
    rollbacks: summary.rollbacks.filter(({ action }) => action === "roll-back").length,
    outputs: plan.outputs.length,
    drift: plan.drift.length,
    statefulDestroys: counted(({ stateful, action }) => stateful && (action === "delete" || action === "replace")),
  };
}
