import type { Construct } from "constructs";
import type { z } from "zod";
import type { Acknowledgements } from "../../core/acknowledge";
import { refuseLiteralSecrets } from "../../core/literal-secrets";
import type { TextInput } from "../../core/references";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { envProgram } from "./program";

/** Properties of an `EnvFileStep`. */
export interface EnvFileStepProps extends StepProps {
  /** The dotenv file to read. It is never changed. */
  readonly from: TextInput;

  /** The dotenv file to write. */
  readonly to: TextInput;

  /**
   * New names of variables, by old name.
   * @default - every variable keeps its name
   */
  readonly rename?: Readonly<Record<string, string>>;

  /**
   * Variables to set. A secret is a reference: `SecretReference.environment("APP_EF_SECRET_KEY")`.
   * @default - none
   */
  readonly set?: Readonly<Record<string, TextInput>>;

  /**
   * Variables to omit.
   * @default - every variable is kept
   */
  readonly remove?: readonly string[];

  /**
   * Variables that must be present and not empty in the new file.
   * @default - none
   */
  readonly required?: readonly string[];

  /**
   * Why a text of `set` that looks like a secret is not one. It becomes a warning.
   * @default - it is refused
   */
  readonly acknowledge?: Acknowledgements<"LiteralSecretValue">;
}

/** Writes one dotenv file from another, without executing anything in them. The rollback deletes the new file. */
export class EnvFileStep extends Step {
  /** @throws ValidationError what `Step` throws, `LiteralSecretValue` */
  constructor(scope: Construct, id: string, props: EnvFileStepProps) {
    super(scope, id, props, (step): TypedStepProgram<typeof envProgram> => ({
      schema: envProgram,
      program: toEnvProgram(step, props),
    }));
  }
}

/**
 * A mapping of variables in the form that the engine expects.
 *
 * @throws ValidationError `LiteralPassword`, `LiteralSecretValue`, `NothingToAcknowledge`
 */
export function toEnvProgram(step: Step, props: Omit<EnvFileStepProps, keyof StepProps>): z.input<typeof envProgram> {
  const { from, to, rename, set, remove, required, acknowledge } = props;
  refuseLiteralSecrets(step, set ?? {}, "set", acknowledge);
  return {
    kind: "env",
    from,
    to,
    rename,
    set,
    remove: remove && [...remove],
    required: required && [...required],
  };
}
