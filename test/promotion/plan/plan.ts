import type { PlanReading, ReadingOptions } from "../../../lib/promotion/plan/plan-builder";
import { PlanReader } from "../../../lib/promotion/plan/read-plan";

/** Reads a plan as `terraform show -json` writes it, with the given resource changes. */
export function plan(changes: readonly object[], rest: object = {}, options: ReadingOptions = {}): PlanReading {
  return read({ format_version: "1.2", terraform_version: "1.11.4", resource_changes: changes, ...rest }, options);
}

/** Reads a plan's JSON. */
export function read(json: object, options: ReadingOptions = {}): PlanReading {
  const reader = new PlanReader(options);
  reader.write(Buffer.from(JSON.stringify(json)));
  return reader.end();
}

/** The change of a resource. */
export function resource(address: string, actions: readonly string[], change: object = {}) {
  return {
    address,
    mode: "managed",
    type: address.split(".")[0],
    name: address.split(".")[1],
    change: { actions, before: null, after: {}, ...change },
  };
}

/** The change of a step. Values are those after the change, or before a removal. */
export function step(id: string, actions: readonly string[], values: object = {}, before: object = {}) {
  const all = {
    id,
    system: "shop",
    release: "1.0.0",
    title: `Title of ${id}`,
    after: [],
    on_destroy: "rollback",
    ...values,
  };
  const creates = actions.includes("create") || actions.includes("update");
  const change = {
    before: actions[0] === "create" ? null : { ...all, status: "applied", ...before },
    after: creates ? all : null,
  };
  return resource(`sterna_step.${id}`, actions, change);
}
