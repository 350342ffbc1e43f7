import type { ReportedResource, AttributeChange, ReportedProof, ReportedProvisioner } from "../promotion-report";
import { attributeChanges, Leaves, leavesAfter, type ValueChange } from "./attribute-changes";
import type { ActionInvocationJson } from "./plan-schema";

/** What happens to a resource. An action that this version of Sterna does not know is called by Terraform's own name. */
export type ResourceAction = "create" | "update" | "delete" | "replace" | "read" | "forget" | "no-op" | (string & {});

/** A resource that a plan changes. */
export interface ResourceChange {
  readonly address: string;
  readonly action: ResourceAction;
  /** Whether the resource exists already and only comes under Terraform's care. */
  readonly imported: boolean;
  /** Address that it had until now. */
  readonly movedFrom?: string;
}

/** A replacement whose old object stays in the world: its state is only forgotten. */
export const REPLACE_AND_FORGET = "create and forget";

/** How many resources are added, changed and destroyed, counted as Terraform counts: a replacement is both. */
export interface ChangeCounts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
}

/** The action of a change in one word: `["delete", "create"]` is a replacement. */
export function actionOf(actions: readonly string[]): ResourceAction {
  if (actions.length === 1) return actions[0]!;
  const isReplacement = actions.length === 2 && actions.includes("create") && actions.includes("delete");
  return isReplacement ? "replace" : actions.join(" and ");
}

export function toResourceChange({ address, action, importId, movedFrom }: ReportedResource): ResourceChange {
  return { address, action, imported: importId !== undefined, ...(movedFrom === undefined ? {} : { movedFrom }) };
}

/** Whether the change leaves a trace in the world or in the state. Reading a data source does not. */
export function isEffective({ action, imported, movedFrom }: ResourceChange): boolean {
  return imported || movedFrom !== undefined || !["no-op", "read"].includes(action);
}

export function countChanges(changes: readonly Pick<ResourceChange, "action">[]): ChangeCounts {
  const count = (...actions: string[]) => changes.filter(({ action }) => actions.includes(action)).length;
  return {
    add: count("create", "replace", REPLACE_AND_FORGET),
    change: count("update"),
    destroy: count("delete", "replace"),
  };
}

/** All of a resource but what changes in it. */
export type ResourceHead = Omit<ReportedResource, "attributes">;

/**
 * A resource whose changes are parsed each time that they are read: of a large plan most forms of a report show
 * few of them, or none. As JSON it is whole; a copy with `...` has no `attributes`.
 */
export class LazyResource implements ReportedResource {
  declare readonly address: string;
  declare readonly type: string;
  declare readonly action: string;
  declare readonly createBeforeDestroy: boolean;
  declare readonly actionReason: string | undefined;
  declare readonly movedFrom: string | undefined;
  declare readonly importId: string | undefined;
  declare readonly deposed: string | undefined;
  declare readonly stateful: boolean;
  declare readonly provisioners: ReportedProvisioner[] | undefined;
  declare readonly proof: ReportedProof | undefined;
  declare private readonly readAttributes: () => AttributeChange[];

  constructor(head: ResourceHead, readAttributes: () => AttributeChange[], proof = head.proof) {
    // One by one, and the fields only declared: this is made as often as a plan has changes.
    this.address = head.address;
    this.type = head.type;
    this.action = head.action;
    this.createBeforeDestroy = head.createBeforeDestroy;
    this.actionReason = head.actionReason;
    this.movedFrom = head.movedFrom;
    this.importId = head.importId;
    this.deposed = head.deposed;
    this.stateful = head.stateful;
    this.provisioners = head.provisioners;
    this.proof = proof;
    this.readAttributes = readAttributes;
  }

  get attributes(): AttributeChange[] {
    return this.readAttributes();
  }

  toJSON(): ReportedResource {
    const { readAttributes, ...head } = this;
    return { ...head, attributes: readAttributes() };
  }
}

/** What is known of a resource besides its change. */
export type ResourceAddition = Partial<Pick<ReportedResource, "proof" | "provisioners">>;

/** The same resource with what else is known of it. Its changes are not read. */
export function withAddition(resource: ReportedResource, addition: ResourceAddition): ReportedResource {
  const { proof = resource.proof, provisioners = resource.provisioners } = addition;
  const attributes = () => resource.attributes;
  // One by one: a copy with `...` would read the changes.
  const { address, type, action, createBeforeDestroy, actionReason, movedFrom, importId, deposed, stateful } = resource;
  const head = { address, type, action, createBeforeDestroy, actionReason, movedFrom, importId, deposed, stateful };
  return new LazyResource({ ...head, provisioners }, attributes, proof);
}

/** Action of a data source that the apply reads. */
export const READ = "read";

/** Action of a report's resource that is none: an action of a provider, which is invoked and leaves no state. */
export const INVOKE = "invoke";

/** An invocation as a report lists it, and the values that it is given. */
export interface ReportedInvocation {
  readonly resource: ReportedResource;
  readonly values: Leaves;
}

/**
 * An invocation of a provider's action (Terraform 1.14: `action_invocations`), as a change like any other: one action can
 * be invoked for many resources, so what triggers it is part of its name.
 */
export function reportedInvocation(json: ActionInvocationJson): ReportedInvocation {
  const change: ValueChange = {
    after: json.config_values,
    after_unknown: json.config_unknown,
    after_sensitive: json.config_sensitive,
  };
  const values = leavesAfter(change);
  const attributes: AttributeChange[] = attributeChanges(new Leaves(), values, change);
  const resource = { address: invocationName(json), type: json.type, action: INVOKE, createBeforeDestroy: false };
  return { resource: { ...resource, stateful: false, attributes }, values };
}

/** `action.aws_lambda_invoke.warm (after create of aws_lambda_function.web)` */
export function invocationName({ address, lifecycle_action_trigger: trigger }: ActionInvocationJson): string {
  if (!trigger) return `${address} (asked for)`;
  const event = trigger.action_trigger_event.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ");
  const place = [trigger.action_trigger_block_index, trigger.actions_list_index];
  // Only the second block, or the second action of a block, needs a number to be told apart.
  const number = place.some((index) => index > 0) ? `, ${place.map((index) => index + 1).join(".")}` : "";
  return `${address} (${event.toLowerCase()} of ${trigger.triggering_resource_address}${number})`;
}
