import type { Construct } from "constructs";
import type { TextInput } from "../../core/references";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { archiveProgram } from "./program";

/** Properties of an `ArchiveStep`. */
export interface ArchiveStepProps extends Omit<StepProps, "irreversible"> {
  /** Files and directories to save, each existing. */
  readonly sources: readonly TextInput[];

  /** Directory that gets the archive. */
  readonly directory: TextInput;

  /**
   * What taking the step out of the configuration does to the archive.
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
