import type { Construct } from "constructs";
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
   * New names of variables, by their old names.
   * @default - every variable keeps its name
   */
  readonly rename?: Readonly<Record<string, string>>;

  /**
   * Variables to set. A secret is a reference: `SecretReference.environment("APP_EF_SECRET_KEY")`.
   * @default - none
   */
  readonly set?: Readonly<Record<string, TextInput>>;

  /**
   * Variables to leave out.
   * @default - every variable is kept
   */
  readonly remove?: readonly string[];

  /**
   * Variables that the new file must hold, not empty.
   * @default - none
   */
  readonly required?: readonly string[];
}

/** Writes one dotenv file from another. Nothing in them is ever executed; the rollback deletes the new file. */
export class EnvFileStep extends Step {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, props: EnvFileStepProps) {
    const { from, to, rename, set, remove, required } = props;
    super(scope, id, props, (): TypedStepProgram<typeof envProgram> => ({
      schema: envProgram,
      program: {
        kind: "env",
        from,
        to,
        rename,
        set,
        remove: remove && [...remove],
        required: required && [...required],
      },
    }));
  }
}
