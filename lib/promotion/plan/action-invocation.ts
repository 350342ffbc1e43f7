import type { AttributeChange, ReportedResource } from "../promotion-report";
import { attributeChanges, Leaves, leavesAfter, type ValueChange } from "./attribute-changes";
import type { ActionInvocationJson } from "./plan-schema";

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
