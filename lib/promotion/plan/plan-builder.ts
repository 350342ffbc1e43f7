import { isStateful } from "../../core/stateful-types";
import type { DeferredChange, ReportedCheck, ReportedOutput, ReportedResource } from "../promotion-report";
import { LazyResource } from "../lazy-resource";
import { reportedName } from "../promotion-report";
import { DeclaredDifferences } from "../proof/declared-differences";
import { fingerprintOf, type Fingerprint } from "../proof/fingerprint";
import { actionOf } from "../resource-change";
import { STEP_TYPE } from "../step-change";
import { INVOKE, invocationName, reportedInvocation } from "./action-invocation";
import { attributeChanges, leavesAfter, leavesBefore } from "./attribute-changes";
import { areRelated, extendPath } from "./attribute-path";
import type { FoundChange } from "./found-change";
import type {
  ActionInvocationJson,
  AttributeReference,
  CheckJson,
  ConfiguredResource,
  DeferredActionJson,
  DeferredChangeJson,
  OutputChangeJson,
  ResourceChangeJson,
} from "./plan-schema";

export interface ReadingOptions {
  /**
   * What the environment declares to be its own; it is taken out of the fingerprints.
   * @default - nothing is declared
   */
  readonly differences?: DeclaredDifferences;

  /**
   * Which of the resources that stay as they are get a fingerprint too, by their name in the report. Those that change
   * always do.
   * @default - none
   */
  readonly fingerprints?: (name: string) => boolean;
}

/** A resource as a plan leaves it. */
export interface PlannedResource {
  readonly action: string;
  /** Empty once it is destroyed or forgotten. Made anew each time, of what is kept of the plan: few are ever looked at. */
  readonly fingerprint: () => Fingerprint;
}

/** What a plan says, without the values that a report does not show. */
export interface PlanReading {
  /** Version of Terraform. */
  readonly terraform: string;
  /** Whether an apply would do anything. Terraform before 1.7 does not say. */
  readonly applyable?: boolean;
  /** Resources that change, in the order of the plan; no steps. */
  readonly resources: readonly ReportedResource[];
  /** Changes of steps, as they stand in the plan. */
  readonly steps: readonly ResourceChangeJson[];
  /** What changed outside of Terraform and matters to the plan. */
  readonly drift: readonly ReportedResource[];
  readonly outputs: readonly ReportedOutput[];
  readonly deferred: readonly DeferredChange[];
  /** Conditions that do not hold, or that nobody knows of yet. */
  readonly checks: readonly ReportedCheck[];
  /** Addresses that a step names in `depends_on`, in the configuration or the state. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** What the resources that were asked for are after the apply, by their names in the report. */
  readonly planned: ReadonlyMap<string, PlannedResource>;
}

/** Puts the parts of a plan together as they are found. */
export class PlanBuilder {
  terraform = "unknown";
  applyable: boolean | undefined;
  private readonly resources: ReportedResource[] = [];
  private readonly steps: ResourceChangeJson[] = [];
  private readonly drift: ReportedResource[] = [];
  private readonly outputs: ReportedOutput[] = [];
  private readonly deferred: DeferredChange[] = [];
  private readonly checks: ReportedCheck[] = [];
  private readonly dependencies = new Map<string, string[]>();
  private readonly planned = new Map<string, PlannedResource>();
  private references: AttributeReference[] | undefined;
  private readonly differences: DeclaredDifferences;

  constructor(private readonly options: ReadingOptions) {
    this.differences = options.differences ?? new DeclaredDifferences({});
  }

  change(change: ResourceChangeJson, found: FoundChange): void {
    if (change.type === STEP_TYPE) {
      this.steps.push(change);
      return;
    }
    const changes = isReported(change);
    if (changes) this.resources.push(toReported(change, found));
    const name = reportedName({ address: change.address, deposed: change.deposed ?? undefined });
    if (change.mode === "managed" && (changes || this.options.fingerprints?.(name) === true)) {
      const fingerprint = () => fingerprintOf(leavesAfter(found.open().change), this.differences);
      this.planned.set(name, { action: actionOf(change.change.actions), fingerprint });
    }
  }

  drifted(change: ResourceChangeJson, found: FoundChange): void {
    const matters = change.type === STEP_TYPE ? actionOf(change.change.actions) !== "no-op" : isReported(change);
    if (matters) this.drift.push(toReported(change, found));
  }

  output(name: string, change: OutputChangeJson): void {
    const action = actionOf(change.actions);
    if (action === "no-op") return;
    this.outputs.push({
      name,
      action,
      attributes: attributeChanges(leavesBefore(change), leavesAfter(change), change),
    });
  }

  invoke(json: ActionInvocationJson): void {
    const { resource, values } = reportedInvocation(json);
    this.resources.push(resource);
    this.planned.set(resource.address, {
      action: resource.action,
      fingerprint: () => fingerprintOf(values, this.differences),
    });
  }

  deferInvocation({ reason, action_invocation: json }: DeferredActionJson): void {
    this.deferred.push({ address: invocationName(json), type: json.type, action: INVOKE, reason });
  }

  check({ address, status, instances }: CheckJson): void {
    if (status === "pass") return;
    const problems = (instances ?? []).flatMap((instance) => (instance.problems ?? []).map(({ message }) => message));
    this.checks.push({ address: address.to_display, status, problems });
  }

  defer({ reason, resource_change: json }: DeferredChangeJson): void {
    this.deferred.push({ address: json.address, type: json.type, action: actionOf(json.change.actions), reason });
  }

  depends({ address, depends_on }: ConfiguredResource): void {
    this.dependencies.set(address, [...(this.dependencies.get(address) ?? []), ...depends_on]);
  }

  relevant(reference: AttributeReference): void {
    (this.references ??= []).push(reference);
  }

  build(): PlanReading {
    const { terraform, applyable, resources, steps, outputs, deferred, checks, dependencies, planned } = this;
    return {
      terraform,
      ...(applyable === undefined ? {} : { applyable }),
      resources,
      steps,
      drift: this.drift.filter((resource) => this.isRelevant(resource)),
      outputs,
      deferred,
      checks,
      dependencies,
      planned,
    };
  }

  /**
   * Whether a change outside of Terraform matters to this plan. Like Terraform itself, this passes over changes on which
   * nothing planned depends: each first plan after an apply finds computed attributes that settled meanwhile.
   */
  private isRelevant(drifted: ReportedResource): boolean {
    if (this.references === undefined || drifted.action === "delete") return true;
    const references = this.references.filter(({ resource }) => resource === drifted.address);
    if (references.length === 0) return false;
    const { attributes } = drifted;
    return references.some(
      ({ attribute: [first] }) =>
        typeof first !== "string" || attributes.some(({ path }) => areRelated(extendPath("", first), path)),
    );
  }
}

/** Whether a change leaves a trace in the world or the state, or is at least read during the apply. */
function isReported({ change, previous_address }: ResourceChangeJson): boolean {
  return actionOf(change.actions) !== "no-op" || !!previous_address || !!change.importing;
}

function toReported(
  { address, type, mode, change: { actions, importing }, previous_address, action_reason, deposed }: ResourceChangeJson,
  found: FoundChange,
): ReportedResource {
  return new LazyResource(
    {
      address,
      type,
      action: actionOf(actions),
      createBeforeDestroy: actions[0] === "create" && actions.length > 1,
      actionReason: action_reason || undefined,
      movedFrom: previous_address && previous_address !== address ? previous_address : undefined,
      importId: importing ? (importing.id ?? "") : undefined,
      deposed: deposed || undefined,
      stateful: mode === "managed" && isStateful(type),
    },
    () => {
      const { change } = found.open();
      return attributeChanges(leavesBefore(change), leavesAfter(change), change);
    },
  );
}
