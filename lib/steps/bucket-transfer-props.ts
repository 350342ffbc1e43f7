import type { Duration } from "../core/duration";
import type { TransferPlace } from "../engine/program";
import type { StepProps } from "../migrations/step";
import type { CommandStepProps } from "./command-step";
import type { EnvFileStepProps } from "./env-file-step";
import type { HttpStepProps } from "./http-step";

/** Something that a cut-over does besides copying: a script, an env file that is written, a URL that is asked. */
export type CutOverAction =
  | { readonly command: Omit<CommandStepProps, keyof StepProps | "probe"> }
  | { readonly envFile: Omit<EnvFileStepProps, keyof StepProps> }
  | { readonly http: Omit<HttpStepProps, keyof StepProps> };

/** How the application moves to the target. */
export interface CutOverProps {
  /**
   * Stops what writes to the source, before the last changes are copied.
   * @default - nothing writes, or the application was stopped by an earlier step
   */
  readonly freeze?: readonly CutOverAction[];

  /** Points the application to the target, once both places are proved equal. Undone in reverse order. */
  readonly switch: readonly CutOverAction[];
}

/** Properties of a `BucketTransfer`. */
export interface BucketTransferProps {
  /** Where the objects are: `ObjectPlace.directory("/data")`, `ObjectPlace.s3("old-bucket")`. */
  readonly from: TransferPlace;

  /** Where they go. */
  readonly to: TransferPlace;

  /**
   * How the application moves to the target.
   * @default - the objects are copied and compared, and nothing else happens
   */
  readonly cutOver?: CutOverProps;

  /**
   * Whether the source is emptied in the end, of what is verified in the target and nothing else. Needs `cutOver`.
   * @default false
   */
  readonly retire?: boolean;

  /**
   * Beginnings of the paths that are moved, each ending with a slash: `["projects/alpha/"]` lets one project go first.
   * @default - all
   */
  readonly only?: readonly string[];

  /**
   * Beginnings of the paths that are not moved, each ending with a slash.
   * @default - none
   */
  readonly except?: readonly string[];

  /**
   * How many leading folders of a path make a batch, 0 to 8. Each batch has a checkpoint, and memory holds one at a time:
   * 2 for `projects/alpha/…`.
   * @default 0, all objects are one batch
   */
  readonly batchDepth?: number;

  /**
   * Who copies first. `managed` leaves that to a service such as DataSync or Storage Transfer Service: the delta then
   * copies what the service has not, and compares all of it.
   * @default "engine"
   */
  readonly bulk?: "engine" | "managed";

  /**
   * What is done about symbolic links in a directory: refuse the step, leave them out, or copy what they lead to.
   * @default "refuse"
   */
  readonly symlinks?: "refuse" | "skip" | "follow";

  /**
   * What is done about tags of objects. Only S3 has them, so only S3 to S3 can carry them.
   * @default "refuse"
   */
  readonly tags?: "refuse" | "leave" | "carry";

  /**
   * What is done about a source that keeps old versions of objects: refuse it, or leave them behind.
   * @default "refuse"
   */
  readonly versions?: "refuse" | "leave";

  /**
   * What is done about an object in the target that has other content and that the transfer did not write.
   * @default "refuse", with `bulk: "managed"` "replace"
   */
  readonly onConflict?: "refuse" | "replace";

  /**
   * Ids of steps that the first phase waits for.
   * @default - all steps above it in its section
   */
  readonly after?: readonly string[];

  /**
   * After how long a phase is stopped.
   * @default - never
   */
  readonly timeout?: Duration;
}
