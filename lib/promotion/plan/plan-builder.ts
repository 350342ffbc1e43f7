import { isStateful } from "../../core/stateful-types";
import {
  type DeferredChange,
  type ReportedCheck,
  type ReportedOutput,
  type ReportedResource,
  reportedName,
} from "../promotion-report";
import {
  attributeChanges,
  leavesAfter,
  leavesBefore,
  type ValueChange,
  areRelated,
  extendPath,
} from "./attribute-changes";
import { DeclaredDifferences, fingerprintOf, type Fingerprint } from "./fingerprint";
import type { JsonSelection } from "./json-slicer";
import {
  type ActionInvocationJson,
  type AttributeReference,
  type CheckJson,
  type ConfiguredResource,
  type DeferredActionJson,
  type DeferredChangeJson,
  type ModuleCallJson,
  type OutputChangeJson,
  type ProvisionedResource,
  type ProvisionerJson,
  type ResourceChangeJson,
  type VariableJson,
  parsePlan,
  parsePart,
  resourceChangeJson,
} from "./plan-schema";
import { LazyResource, actionOf, INVOKE, invocationName, reportedInvocation } from "./resource-change";
import { STEP_TYPE } from "./step-change";

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
  /** Empty once it is destroyed or forgotten. Computed on each call from the kept bytes of the plan: few are ever read. */
  readonly fingerprint: () => Fingerprint;
  /** The values themselves; absent for an action of a provider. */
  readonly change?: () => ValueChange;
}

/** What a plan says, without the values that a report does not show. */
export interface PlanReading {
  /** Version of Terraform. */
  readonly terraform: string;
  /** Whether an apply would do anything. Terraform before 1.7 does not say. */
  readonly applyable?: boolean;
  /** Resources that change, in the order of the plan; no steps. */
  readonly resources: readonly ReportedResource[];
  /** Changes of steps, as in the plan. */
  readonly steps: readonly ResourceChangeJson[];
  /** What changed outside of Terraform and matters to the plan. */
  readonly drift: readonly ReportedResource[];
  readonly outputs: readonly ReportedOutput[];
  readonly deferred: readonly DeferredChange[];
  /** Conditions that do not hold, or that only the apply can evaluate. */
  readonly checks: readonly ReportedCheck[];
  /** Addresses that a step names in `depends_on`, in the configuration or the state. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** Programs that the configuration attaches to resources, by their addresses without keys. */
  readonly provisioners: ReadonlyMap<string, readonly ProvisionerJson[]>;
  /** Values of the input variables; of sensitive ones too. */
  readonly variables: ReadonlyMap<string, unknown>;
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
  private readonly provisioners = new Map<string, readonly ProvisionerJson[]>();
  private readonly variables = new Map<string, unknown>();
  /** Terraform leaves the list out of a plan when it is empty. */
  private readonly references: AttributeReference[] = [];
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
      this.planned.set(name, {
        action: actionOf(change.change.actions),
        fingerprint,
        change: () => found.open().change,
      });
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

  provision(prefix: string, { address, provisioners }: ProvisionedResource): void {
    if (provisioners.length > 0) this.provisioners.set(`${prefix}${address}`, provisioners);
  }

  provisionModule(prefix: string, { module: found }: ModuleCallJson): void {
    for (const resource of found?.resources ?? []) this.provision(prefix, resource);
    for (const [name, call] of Object.entries(found?.module_calls ?? {})) {
      this.provisionModule(`${prefix}module.${name}.`, call);
    }
  }

  variable(name: string, { value }: VariableJson): void {
    this.variables.set(name, value);
  }

  relevant(reference: AttributeReference): void {
    this.references.push(reference);
  }

  build(): PlanReading {
    const { terraform, applyable, resources, steps, outputs, deferred, checks, dependencies, planned } = this;
    const { provisioners, variables } = this;
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
      provisioners,
      variables,
      planned,
    };
  }

  /**
   * Whether a change outside of Terraform matters to this plan. Like Terraform itself, this passes over changes on which
   * nothing planned depends: each first plan after an apply finds computed attributes that settled meanwhile.
   */
  private isRelevant(drifted: ReportedResource): boolean {
    if (drifted.action === "delete" || drifted.type === STEP_TYPE) return true;
    const references = this.references.filter(({ resource }) => resource === drifted.address);
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

/**
 * A change in the bytes of a plan. Only the bytes are kept: its values, which are nearly all of it, are parsed again when
 * they are asked for. Of the largest plans a report shows the fewest.
 */
class FoundChange {
  constructor(private readonly json: Buffer) {}

  /**
   * The whole change.
   *
   * @throws SternaError `PlanUnreadable`
   */
  open(): ResourceChangeJson {
    return checked(parsePlan(this.json.toString("utf8")), this.json);
  }
}

/** Selects the elements of a list of changes. */
export function foundChanges(take: (change: ResourceChangeJson, found: FoundChange) => void): JsonSelection {
  return { each: { takeParsed: (value, json) => take(checked(value, json), new FoundChange(json)) } };
}

/** A schema says best what is wrong, and takes as long as parsing itself. So it is asked only when something is. */
function checked(value: unknown, json: Buffer): ResourceChangeJson {
  return isResourceChange(value) ? value : parsePart(resourceChangeJson, json);
}

function isResourceChange(value: unknown): value is ResourceChangeJson {
  if (!isObject(value) || !isObject(value["change"])) return false;
  const { address, type, mode, previous_address, deposed, action_reason } = value;
  const { actions, importing, replace_paths } = value["change"];
  return (
    typeof address === "string" &&
    typeof type === "string" &&
    typeof mode === "string" &&
    Array.isArray(actions) &&
    actions.every((action) => typeof action === "string") &&
    [previous_address, deposed, action_reason].every((text) => isNullish(text) || typeof text === "string") &&
    (isNullish(importing) ||
      (isObject(importing) && (isNullish(importing["id"]) || typeof importing["id"] === "string"))) &&
    (isNullish(replace_paths) || isPaths(replace_paths))
  );
}

function isPaths(value: unknown): boolean {
  const isSegment = (segment: unknown) => typeof segment === "string" || typeof segment === "number";
  return Array.isArray(value) && value.every((path) => Array.isArray(path) && path.every(isSegment));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNullish(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
