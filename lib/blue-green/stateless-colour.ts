import { type IAspect, TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";
import { isStateful } from "../core/stateful-types";
import { ValidationError } from "../core/validation-error";
import type { Colour } from "../releases/rollout";

/** Refuses what a colour must not hold, because it is destroyed when the colour is retired. */
export class StatelessColour implements IAspect {
  /** @param disposableTypes types that hold data which may go with the colour */
  constructor(
    private readonly colour: Colour,
    private readonly disposableTypes: readonly string[],
  ) {}

  /** @throws ValidationError `StatefulInColour` */
  visit(node: IConstruct): void {
    if (!TerraformResource.isTerraformResource(node)) return;
    const reason = this.reasonAgainst(node);
    if (reason === undefined) return;
    throw new ValidationError("StatefulInColour", reason, node);
  }

  private reasonAgainst({ terraformResourceType: type, lifecycle }: TerraformResource): string | undefined {
    const { colour } = this;
    if (type === "sterna_step") {
      return `a step of a migration stands in ${colour}, and would be rolled back when ${colour} is retired; both colours use one schema, so put the migration into the SystemStack that they share`;
    }
    if (lifecycle !== undefined && "preventDestroy" in lifecycle && lifecycle.preventDestroy === true) {
      return `${type} stands in ${colour} with preventDestroy, and retiring ${colour} destroys it; put it into a stack that both colours share, or take preventDestroy off`;
    }
    if (!isStateful(type) || this.disposableTypes.includes(type)) return undefined;
    return `${type} holds data, and retiring ${colour} would destroy it with the colour; put it into a stack that both colours share and refer to it from there. If what it holds may be lost, write disposableTypes: ["${type}"]`;
  }
}
