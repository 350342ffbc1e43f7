import type { Construct } from "constructs";
import type { TextInput } from "../../core/references";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { archiveProgram } from "./program";

/** Properties of an `ArchiveStep`. */
export interface ArchiveStepProps extends Omit<StepProps, "irreversible"> {
  /** Existing files and directories to save. */
  readonly sources: readonly TextInput[];

  /** Directory that receives the archive. */
  readonly directory: TextInput;

  /**
   * What happens to the archive when the step is removed from the configuration.
   * @default "keep"
   */
  readonly onDestroy?: StepProps["onDestroy"];
}

/** Saves files and directories in a compressed archive with a manifest, and reads it back. */
export class ArchiveStep extends Step {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, props: ArchiveStepProps) {
    const { sources, directory } = props;
    super(
      scope,
      id,
      { ...props, onDestroy: props.onDestroy ?? "keep" },
      (): TypedStepProgram<typeof archiveProgram> => ({
        schema: archiveProgram,
        program: { kind: "archive", sources: [...sources], directory },
      }),
    );
  }
}
