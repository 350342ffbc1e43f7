import type { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Colour, Rollout } from "../releases/rollout";
import type { Router } from "./router";

/** What a colour is made of. */
export interface ColourOptions {
  /** Which of the two it is: part of the names of what must not collide, such as `shop-${colour}`. */
  readonly colour: Colour;

  /** Release that the colour runs. */
  readonly release: string;
}

/**
 * Makes the stack of a colour: `(scope, id, { colour, release }) => new ShopStack(scope, id, …)`.
 *
 * @param scope to make it in
 * @param id that it gets, such as `shop-blue`
 */
export type ColourStackFactory<ColourStack extends TerraformStack> = (
  scope: Construct,
  id: string,
  options: ColourOptions,
) => ColourStack;

/** Options of `BlueGreenStacks`. */
export interface BlueGreenStacksProps<ColourStack extends TerraformStack> {
  /** How far the rollout is: `pins.rolloutOf(system, environment)`. Nothing else moves traffic. */
  readonly rollout: Rollout;

  /** Makes the stack of a colour. Called once for each colour that exists. */
  readonly makeColour: ColourStackFactory<ColourStack>;

  /** Shares the traffic out: a `LoadBalancerRouter`, a `Route53Router`, or your own. */
  readonly router: Router<ColourStack>;

  /**
   * Adds backend and providers to the router's stack, and to that of a colour that does not exist: without them Terraform
   * could not destroy what is left of it. The backend of `shop-blue` has to be the one that `makeColour` gives it.
   */
  readonly prepareStack: (stack: TerraformStack) => void;

  /**
   * Types that may stand in a colour though they hold data, because what they hold may go with the colour:
   * `["aws_sqs_queue"]`.
   * @default - none
   */
  readonly disposableTypes?: readonly string[];
}
