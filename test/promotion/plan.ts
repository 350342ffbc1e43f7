import { planJson, type PlanJson } from "../../lib/promotion/plan-json";

/** A plan as `terraform show -json` writes it, with the given resource changes. */
export function plan(changes: readonly object[], rest: object = {}): PlanJson {
  return planJson.parse({ format_version: "1.2", terraform_version: "1.11.4", resource_changes: changes, ...rest });
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
