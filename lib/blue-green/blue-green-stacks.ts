import { Aspects, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { IDENTIFIER_RULE, isIdentifier } from "../core/identifier";
import { ValidationError } from "../core/validation-error";
import { type Colour, COLOURS, type Rollout } from "../releases/rollout";
import type { BlueGreenStacksProps } from "./blue-green-stacks-props";
import { deployCommand, type DeployOrder, type DeployStage } from "./deploy-order";
import { RouterSynthesizer } from "./router-synthesizer";
import { StatelessColour } from "./stateless-colour";

/**
 * A whole stack in two colours, `<id>-blue` and `<id>-green`, and `<id>-router` between them. Which colours hold
 * something, which release each runs and how the traffic is shared follow from the rollout in `releases.json`.
 *
 * All three stacks are always there: that of a colour that does not exist is empty, so that a deployment removes what it
 * held. A colour is deployed before the router, and removed after it.
 */
export class BlueGreenStacks<ColourStack extends TerraformStack = TerraformStack> extends Construct {
  /** How far the rollout is. */
  readonly rollout: Rollout;

  /** The stack that shares the traffic out. */
  readonly router: TerraformStack;

  private readonly colours: ReadonlyMap<Colour, ColourStack>;

  /**
   * @param scope the app
   * @param id name before `-blue`, `-green` and `-router`; contains the environment where there are several
   * @throws ValidationError `InvalidIdentifier`, `TrafficWithoutColour`, `InvalidColourStack`; at synthesis also
   * `StatefulInColour`
   */
  constructor(scope: Construct, id: string, props: BlueGreenStacksProps<ColourStack>) {
    super(scope, id);
    this.rollout = props.rollout;
    this.requireName();
    this.requireDestinations();
    this.colours = new Map(this.rollout.colours.map((colour) => [colour, this.addColour(colour, props)]));
    this.router = new TerraformStack(this, `${id}-router`);
    this.router.synthesizer = new RouterSynthesizer(this, this.router.synthesizer);
    props.prepareStack(this.router);
    for (const stack of this.colours.values()) this.router.addDependency(stack);
    for (const colour of this.missingColours) {
      const stack = new TerraformStack(this, this.nameOf(colour));
      props.prepareStack(stack);
      // Nothing goes while the router still sends traffic there.
      stack.addDependency(this.router);
    }
    const destinations = [...this.colours].map(([colour, stack]) => {
      return { colour, stack, percent: this.rollout.weights[colour] };
    });
    props.router.route(this.router, destinations);
  }

  /** The stack of a colour; nothing when the rollout has none of this colour. */
  colour(colour: Colour): ColourStack | undefined {
    return this.colours.get(colour);
  }

  /** In which order the stacks are deployed. `blue-green.json` beside the router's `cdk.tf.json` holds it. */
  get deployOrder(): DeployOrder {
    const { phase, live, weights } = this.rollout;
    const releases = this.rollout.colours.map((colour) => `${colour} with ${this.rollout.releaseOf(colour)}`);
    const shares = this.rollout.colours.map((colour) => `${weights[colour]} percent to ${colour}`);
    const stages: DeployStage[] = [
      { stacks: this.rollout.colours.map((colour) => this.nameOf(colour)), purpose: releases.join(", ") },
      { stacks: [this.router.node.id], purpose: shares.join(", ") },
    ];
    for (const colour of this.missingColours) {
      stages.push({ stacks: [this.nameOf(colour)], purpose: `removes ${colour}, which has no traffic any more` });
    }
    return { name: this.node.id, phase, live, weights, stages, command: deployCommand(stages) };
  }

  private get missingColours(): readonly Colour[] {
    return COLOURS.filter((colour) => this.rollout.releaseOf(colour) === undefined);
  }

  private nameOf(colour: Colour): string {
    return `${this.node.id}-${colour}`;
  }

  private addColour(colour: Colour, props: BlueGreenStacksProps<ColourStack>): ColourStack {
    const id = this.nameOf(colour);
    const stack = props.makeColour(this, id, { colour, release: this.rollout.releaseOf(colour)! });
    if (stack.node.id !== id) {
      const message = `the stack of ${colour} is called "${stack.node.id}", and the one that is emptied when ${colour} is retired "${id}"; hand the id on: (scope, id) => new MyStack(scope, id)`;
      throw new ValidationError("InvalidColourStack", message, stack);
    }
    Aspects.of(stack).add(new StatelessColour(colour, props.disposableTypes ?? []));
    return stack;
  }

  private requireName(): void {
    if (isIdentifier(this.node.id)) return;
    const message = `the stacks cannot be called "${this.node.id}-blue" and so on: use ${IDENTIFIER_RULE}`;
    throw new ValidationError("InvalidIdentifier", message, this);
  }

  /** `releases.json` cannot say so; a `Rollout` that was made by hand can. */
  private requireDestinations(): void {
    const { weights } = this.rollout;
    const missing = this.missingColours.find((colour) => weights[colour] > 0);
    if (missing === undefined) return;
    const message = `${missing} gets ${weights[missing]} percent of the traffic, and does not exist; take the rollout from pins.rolloutOf(system, environment)`;
    throw new ValidationError("TrafficWithoutColour", message, this);
  }
}
