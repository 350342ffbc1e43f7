import type { Colour, RolloutPhase } from "../releases/rollout";

/** Stacks that may be deployed beside each other, once those of the stage before are. */
export interface DeployStage {
  /** Names of the stacks. */
  readonly stacks: readonly string[];

  /** What the stage is for, for people. */
  readonly purpose: string;
}

/** In which order the stacks of a rollout are deployed: `blue-green.json` beside the router's `cdk.tf.json`. */
export interface DeployOrder {
  /** Name before `-blue`, `-green` and `-router`. */
  readonly name: string;

  /** Phase of the rollout. */
  readonly phase: RolloutPhase;

  /** Colour with the traffic, or most of it. */
  readonly live: Colour;

  /** Share of the traffic of each colour, percent. */
  readonly weights: Readonly<Record<Colour, number>>;

  /** One after the other: colours that exist, the router, colours that go. */
  readonly stages: readonly DeployStage[];

  /** Deploys all stages in their order: the stacks depend on each other. */
  readonly command: string;
}

export const DEPLOY_ORDER_FILE = "blue-green.json";

/** Command that deploys stacks; `cdktf` follows the dependencies among them. */
export function deployCommand(stages: readonly DeployStage[]): string {
  return `cdktf deploy ${stages.flatMap(({ stacks }) => stacks).join(" ")}`;
}

/** The order as numbered lines and the command, for people. */
export function deployText({ stages, command }: DeployOrder): string {
  const lines = stages.map(({ stacks, purpose }, index) => `${index + 1}. ${stacks.join(", ")}: ${purpose}`);
  return [...lines, `$ ${command}`, ""].join("\n");
}
