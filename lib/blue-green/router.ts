import type { TerraformStack } from "cdktf";
import type { Colour } from "../releases/rollout";

/** A colour as a router sees it. */
export interface Destination<ColourStack extends TerraformStack> {
  /** Which of the two it is. */
  readonly colour: Colour;

  /** The stack of the colour. What the router takes from it becomes a cross-stack reference. */
  readonly stack: ColourStack;

  /** Share of the traffic: 0 to 100 percent. The shares of all destinations add up to 100. */
  readonly percent: number;
}

/** Shares the traffic out among colours. `BlueGreenStacks` gives it a stack of its own. */
export interface Router<ColourStack extends TerraformStack> {
  /**
   * Adds to the router's stack what shares the traffic out.
   *
   * @param stack of the router
   * @param destinations colours that exist, blue first; one without traffic has 0 percent
   */
  route(stack: TerraformStack, destinations: readonly Destination<ColourStack>[]): void;
}
