import type { ReportedResource } from "./promotion-report";

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
