import { Testing, type TerraformStack } from "cdktf";

/** A step, as Terraform hands it to the provider. */
export interface SynthesizedStep {
  /** Construct id of the step. */
  readonly id: string;

  /** Kind of the step: `sql`, `command`, `transfer`. */
  readonly kind: string;

  /** What the engine runs: `up`, `down`, `verify` and what else the kind has. */
  readonly program: Readonly<Record<string, unknown>>;

  /** Values of the environment that the program names, by their name. */
  readonly variables: Readonly<Record<string, string>>;

  /** The whole block, as it stands in `cdk.tf.json`. */
  readonly block: Readonly<Record<string, unknown>>;
}

/** What Terraform would read of a stack. */
export interface SynthesizedStack {
  /** All of `cdk.tf.json`. */
  readonly json: Readonly<Record<string, unknown>>;

  /** The steps, in the order in which they are declared. */
  readonly steps: readonly SynthesizedStep[];

  /**
   * The blocks of all resources of a type.
   *
   * @param type such as `aws_s3_bucket`
   */
  resources(type: string): readonly Readonly<Record<string, unknown>>[];
}

type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Synthesizes a stack in memory, with its validations, and gives back what Terraform would read.
 *
 * @throws ValidationError or Error when the stack is not valid
 */
export function synthesizeStack(stack: TerraformStack): SynthesizedStack {
  const json = JSON.parse(Testing.synth(stack, true)) as Record<string, unknown>;
  const resources = (json.resource ?? {}) as Readonly<Record<string, Blocks>>;
  const blocks = (type: string) => Object.values(resources[type] ?? {});
  return { json, steps: blocks("sterna_step").map(stepOf), resources: blocks };
}

function stepOf(block: Readonly<Record<string, unknown>>): SynthesizedStep {
  const program = JSON.parse(withoutTemplates(block.program as string)) as Record<string, unknown>;
  return {
    id: block.id as string,
    kind: program.kind as string,
    program,
    variables: (block.variables ?? {}) as Readonly<Record<string, string>>,
    block,
  };
}

/** Terraform reads `$${` and `%%{` as what a program means literally (Terraform language, "Strings and Templates"). */
function withoutTemplates(text: string): string {
  return text.replaceAll("$${", () => "${").replaceAll("%%{", () => "%{");
}
