import {
  TerraformStack,
  Aspects,
  type IStackSynthesizer,
  type ISynthesisSession,
  type IAspect,
  TerraformResource,
} from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { writeFileSync } from "node:fs";
import { acknowledgement, type Acknowledgements, isAcknowledged, validateAcknowledgements } from "../core/acknowledge";
import { checkProps } from "../core/check-props";
import { ValidationError } from "../core/errors";
import { IDENTIFIER_RULE, isIdentifier } from "../core/names";
import { isStateful } from "../core/stateful-types";
import { StackPlace } from "../environments/stack-place";
import { type Color, type Rollout, type RolloutPhase, COLORS } from "../manifest/rollout";

/** Properties of a color. */
export interface ColorOptions {
  /** The color, for names that must not collide, such as `shop-${color}`. */
  readonly color: Color;

  /** Release that the color runs. */
  readonly release: string;
}

/**
 * Creates the stack of a color: `(scope, id, { color, release }) => new ShopStack(scope, id, …)`.
 *
 * @param scope parent of the stack
 * @param id of the stack, such as `shop-blue`
 */
export type ColorStackFactory<ColorStack extends TerraformStack> = (
  scope: Construct,
  id: string,
  options: ColorOptions,
) => ColorStack;

/** Options of `BlueGreenStacks`. */
export interface BlueGreenStacksProps<ColorStack extends TerraformStack> {
  /** State of the rollout: `pins.rolloutOf(system, environment)`. Nothing else moves traffic. */
  readonly rollout: Rollout;

  /** Creates the stack of a color. Called once for each color that exists. */
  readonly makeColor: ColorStackFactory<ColorStack>;

  /** Splits the traffic: a `LoadBalancerRouter`, a `Route53Router`, or your own. */
  readonly router: Router<ColorStack>;

  /**
   * Adds backend and providers to the router's stack, and to that of a color that does not exist: Terraform needs them
   * to destroy what remains of it. The backend of `shop-blue` must be the same as in `makeColor`.
   */
  readonly prepareStack: (stack: TerraformStack) => void;

  /**
   * Types with data that are allowed in a color, because their data may be lost with the color: `["aws_sqs_queue"]`.
   * Needs a reason for `StatefulInColor`.
   * @default - none
   */
  readonly disposableTypes?: readonly string[];

  /**
   * Why the data of `disposableTypes` may be lost.
   * @default - no type with data is allowed in a color
   */
  readonly acknowledge?: Acknowledgements<"StatefulInColor">;
}

/** A color from the perspective of a router. */
export interface Destination<ColorStack extends TerraformStack> {
  /** The color. */
  readonly color: Color;

  /** The stack of the color. References of the router to it become cross-stack references. */
  readonly stack: ColorStack;

  /** Share of the traffic: 0 to 100 percent. The shares of all destinations add up to 100. */
  readonly percent: number;
}

/** Splits the traffic among colors. `BlueGreenStacks` gives it its own stack. */
export interface Router<ColorStack extends TerraformStack> {
  /**
   * Adds the resources that split the traffic to the router's stack.
   *
   * @param stack of the router
   * @param destinations colors that exist, blue first; one without traffic has 0 percent
   */
  route(stack: TerraformStack, destinations: readonly Destination<ColorStack>[]): void;
}

/** Stacks that may be deployed in parallel, after those of the previous stage. */
export interface DeployStage {
  /** Names of the stacks. */
  readonly stacks: readonly string[];

  /** Purpose of the stage, for display. */
  readonly purpose: string;
}

/** The deployment order of the stacks of a rollout: `blue-green.json` next to the router's `cdk.tf.json`. */
export interface DeployOrder {
  /** Name before `-blue`, `-green` and `-router`. */
  readonly name: string;

  /** Phase of the rollout. */
  readonly phase: RolloutPhase;

  /** Color with most or all of the traffic. */
  readonly live: Color;

  /** Traffic share of each color, percent. */
  readonly weights: Readonly<Record<Color, number>>;

  /** In order: colors that exist, the router, colors that are removed. */
  readonly stages: readonly DeployStage[];

  /** Deploys all stages in order: the stacks depend on each other. */
  readonly command: string;
}

const DEPLOY_ORDER_FILE = "blue-green.json";

/** Command that deploys stacks; `cdktf` follows the dependencies among them. */
function deployCommand(stages: readonly DeployStage[]): string {
  return `cdktf deploy ${stages.flatMap(({ stacks }) => stacks).join(" ")}`;
}

/** The order as numbered lines and the command, for display. */
export function deployText({ stages, command }: DeployOrder): string {
  const lines = stages.map(({ stacks, purpose }, index) => `${index + 1}. ${stacks.join(", ")}: ${purpose}`);
  return [...lines, `$ ${command}`, ""].join("\n");
}

/**
 * A whole stack in two colors, `<id>-blue` and `<id>-green`, and `<id>-router` between them. The rollout in
 * `releases.json` defines which colors have resources, which release each runs and how the traffic is split.
 *
 * All three stacks always exist: that of a color that does not exist is empty, so that a deployment removes its
 * resources. A color is deployed before the router, and removed after it.
 */
export class BlueGreenStacks<ColorStack extends TerraformStack = TerraformStack> extends Construct {
  /** State of the rollout. */
  readonly rollout: Rollout;

  /** The stack that splits the traffic. */
  readonly router: TerraformStack;

  private readonly colors: ReadonlyMap<Color, ColorStack>;

  /**
   * @param scope the app
   * @param id name before `-blue`, `-green` and `-router`; contains the environment if there are several
   * @throws ValidationError `InvalidIdentifier`, `TrafficWithoutColor`, `InvalidColorStack`, `StatefulInColor`,
   * `NothingToAcknowledge`; at synthesis also `StatefulInColor`
   */
  constructor(scope: Construct, id: string, props: BlueGreenStacksProps<ColorStack>) {
    super(scope, id);
    checkProps(this, "BlueGreenStacksProps", props);
    this.rollout = props.rollout;
    this.requireName();
    this.requireDestinations();
    this.requireReason(props);
    this.colors = new Map(this.rollout.colors.map((color) => [color, this.addColor(color, props)]));
    this.router = new TerraformStack(this, `${id}-router`);
    this.router.synthesizer = new RouterSynthesizer(this, this.router.synthesizer);
    props.prepareStack(this.router);
    for (const stack of this.colors.values()) this.router.addDependency(stack);
    for (const color of this.missingColors) {
      const stack = new TerraformStack(this, this.nameOf(color));
      props.prepareStack(stack);
      // Nothing is removed while the router still sends traffic there.
      stack.addDependency(this.router);
    }
    const destinations = [...this.colors].map(([color, stack]) => {
      return { color, stack, percent: this.rollout.weights[color] };
    });
    props.router.route(this.router, destinations);
  }

  /** The stack of a color. Undefined if the rollout does not have this color. */
  color(color: Color): ColorStack | undefined {
    return this.colors.get(color);
  }

  /** The deployment order of the stacks, as in `blue-green.json` next to the router's `cdk.tf.json`. */
  get deployOrder(): DeployOrder {
    const { phase, live, weights } = this.rollout;
    const releases = this.rollout.colors.map((color) => `${color} with ${this.rollout.releaseOf(color)}`);
    const shares = this.rollout.colors.map((color) => `${weights[color]} percent to ${color}`);
    const stages: DeployStage[] = [
      { stacks: this.rollout.colors.map((color) => this.nameOf(color)), purpose: releases.join(", ") },
      { stacks: [this.router.node.id], purpose: shares.join(", ") },
    ];
    for (const color of this.missingColors) {
      stages.push({ stacks: [this.nameOf(color)], purpose: `removes ${color}, which has no traffic any more` });
    }
    return { name: this.node.id, phase, live, weights, stages, command: deployCommand(stages) };
  }

  private get missingColors(): readonly Color[] {
    return COLORS.filter((color) => this.rollout.releaseOf(color) === undefined);
  }

  private nameOf(color: Color): string {
    return `${this.node.id}-${color}`;
  }

  private addColor(color: Color, props: BlueGreenStacksProps<ColorStack>): ColorStack {
    const id = this.nameOf(color);
    const stack = props.makeColor(this, id, { color, release: this.rollout.releaseOf(color)! });
    if (stack.node.id !== id) {
      const message = `the stack of ${color} is called "${stack.node.id}", and the one that is emptied when ${color} is retired "${id}"; hand the id on: (scope, id) => new MyStack(scope, id)`;
      throw new ValidationError("InvalidColorStack", message, stack);
    }
    Aspects.of(stack).add(new StatelessColor(color, props.disposableTypes ?? []));
    return stack;
  }

  private requireReason({ disposableTypes = [], acknowledge }: BlueGreenStacksProps<ColorStack>): void {
    validateAcknowledgements(acknowledge, ["StatefulInColor"], this);
    const isReasoned = isAcknowledged(acknowledge, "StatefulInColor");
    if (disposableTypes.length > 0 && !isReasoned) {
      throw new ValidationError(
        "StatefulInColor",
        `disposableTypes lets ${disposableTypes.join(", ")} be destroyed with a color, with what they hold. Say why that ` +
          `may be lost, ${acknowledgement("StatefulInColor")}, or remove disposableTypes`,
        this,
      );
    }
    if (disposableTypes.length === 0 && isReasoned) {
      const message = "acknowledge.StatefulInColor is about disposableTypes, which names no type";
      throw new ValidationError("NothingToAcknowledge", message, this);
    }
  }

  private requireName(): void {
    if (isIdentifier(this.node.id)) return;
    const message = `the stacks cannot be called "${this.node.id}-blue" and so on: use ${IDENTIFIER_RULE}`;
    throw new ValidationError("InvalidIdentifier", message, this);
  }

  /** Not possible with `releases.json`, but with a `Rollout` created in code. */
  private requireDestinations(): void {
    const { weights } = this.rollout;
    const missing = this.missingColors.find((color) => weights[color] > 0);
    if (missing === undefined) return;
    const message = `${missing} gets ${weights[missing]} percent of the traffic, and does not exist; take the rollout from pins.rolloutOf(system, environment)`;
    throw new ValidationError("TrafficWithoutColor", message, this);
  }
}

/** Adds `blue-green.json` to the folder of the router's stack. */
class RouterSynthesizer implements IStackSynthesizer {
  constructor(
    private readonly stacks: BlueGreenStacks,
    private readonly inner: IStackSynthesizer,
  ) {}

  synthesize(session: ISynthesisSession): void {
    this.inner.synthesize(session);
    const { router, deployOrder } = this.stacks;
    const file = new StackPlace(router, router.node.id).file(DEPLOY_ORDER_FILE);
    writeFileSync(file, `${JSON.stringify(deployOrder, null, 2)}\n`);
  }
}

/** Refuses what a color must not contain, because it is destroyed when the color is retired. */
class StatelessColor implements IAspect {
  /** @param disposableTypes types whose data may be lost with the color */
  constructor(
    private readonly color: Color,
    private readonly disposableTypes: readonly string[],
  ) {}

  /** @throws ValidationError `StatefulInColor` */
  visit(node: IConstruct): void {
    if (!TerraformResource.isTerraformResource(node)) return;
    const reason = this.reasonAgainst(node);
    if (reason === undefined) return;
    throw new ValidationError("StatefulInColor", reason, node);
  }

  private reasonAgainst({ terraformResourceType: type, lifecycle }: TerraformResource): string | undefined {
    const { color } = this;
    if (type === "sterna_step") {
      return `a step of a migration stands in ${color}, and would be rolled back when ${color} is retired; both colors use one schema, so put the migration into the SystemStack that they share`;
    }
    if (lifecycle !== undefined && "preventDestroy" in lifecycle && lifecycle.preventDestroy === true) {
      return `${type} stands in ${color} with preventDestroy, and retiring ${color} destroys it; put it into a stack that both colors share, or take preventDestroy off`;
    }
    if (!isStateful(type) || this.disposableTypes.includes(type)) return undefined;
    return `${type} holds data, and retiring ${color} would destroy it with the color; put it into a stack that both colors share and refer to it from there. If what it holds may be lost, write disposableTypes: ["${type}"] and why, ${acknowledgement("StatefulInColor")}`;
  }
}
