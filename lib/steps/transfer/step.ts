import { Construct, type IConstruct } from "constructs";
import type { z } from "zod";
import { checkProps } from "../../core/check-props";
import type { Duration } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";
import { Step, type StepProps } from "../../migrations/migration";
import { toCommandProgram, type CommandStepProps } from "../command/step";
import { toEnvProgram, type EnvFileStepProps } from "../env-file/step";
import type { HttpStepProps } from "../http/step";
import { toChecks } from "../verification";
import { transferProgram, type cutoverAction } from "./program";

type TransferInput = z.input<typeof transferProgram>;
type CutoverInput = z.input<typeof cutoverAction>;
import type { ObjectPlace } from "./object-place";

type Phase = "bulk" | "delta" | "cutover" | "retire";

/**
 * Moves objects from a directory or a bucket to another one, on AWS, on Google Cloud, or between them.
 *
 * It makes one step for each phase, `<id>-bulk`, `<id>-delta`, `<id>-cutover` and `<id>-retire`, where it is made:
 * `steps: (m) => { new BucketTransfer(m, "files", { … }); }`. Both places are proved equal by a manifest
 * before the application moves, and nothing of the source is deleted that is not verified in the target.
 */
export class BucketTransfer extends Construct {
  /** The phases, in the order in which they run. */
  readonly steps: readonly Step[];

  /** @throws ValidationError `TransferIntoItself`, `TransferLosesTags`, `InvalidTransfer`, and what the steps throw */
  constructor(scope: Construct, id: string, props: BucketTransferProps) {
    super(scope, id);
    checkProps(this, "BucketTransferProps", props);
    collect(this, () => validateBucketTransfer(props, this));
    const { cutover, retire = false, bulk = "engine" } = props;
    const phases: Phase[] = [
      ...(bulk === "engine" ? (["bulk"] as const) : []),
      "delta",
      ...(cutover === undefined ? [] : (["cutover"] as const)),
      ...(retire ? (["retire"] as const) : []),
    ];
    this.steps = phases.map((phase, index) => {
      const after = index === 0 ? props.after : [`${id}-${phases[index - 1]}`];
      const title = props.title && `${props.title} (${phase})`;
      return new TransferStep(
        this,
        `${id}-${phase}`,
        { ...STEPS[phase], title, after, timeout: props.timeout },
        (step) => toProgram(step, id, phase, props),
      );
    });
  }
}

class TransferStep extends Step {
  constructor(scope: Construct, id: string, props: StepProps, makeProgram: (step: Step) => TransferInput) {
    super(scope, id, props, (step) => ({ schema: transferProgram, program: makeProgram(step) }));
  }
}

/** What the phases are for the migration. A cutover that was killed is put back before it is tried again. */
const STEPS: Readonly<Record<Phase, Pick<StepProps, "phase" | "onRetry">>> = {
  bulk: { phase: "expand" },
  delta: { phase: "migrate" },
  cutover: { phase: "migrate", onRetry: "compensate" },
  retire: { phase: "contract" },
};

function toProgram(step: Step, transfer: string, phase: Phase, props: BucketTransferProps): TransferInput {
  const { source: from, destination: to, batchDepth, bulk, symlinks, objectTags: tags, versions } = props;
  const { only = [], except = [], onConflict = bulk === "managed" ? "replace" : "refuse" } = props;
  return {
    kind: "transfer",
    transfer,
    phase,
    from,
    to,
    only: [...only],
    except: [...except],
    batchDepth,
    bulk,
    symlinks,
    tags,
    versions,
    onConflict,
    ...(phase === "cutover" && cutoverActions(step, props.cutover!)),
  };
}

function cutoverActions(step: Step, { freeze = [], switch: actions }: CutoverProps) {
  return {
    freeze: freeze.map((action) => actionProgram(step, action)),
    switch: actions.map((action) => actionProgram(step, action)),
  };
}

function actionProgram(step: Step, action: CutoverAction): CutoverInput {
  if ("command" in action) return toCommandProgram(step, action.command);
  if ("envFile" in action) return toEnvProgram(step, action.envFile);
  const { verify, interval, ...rest } = action.http;
  return {
    kind: "http",
    ...rest,
    verify: verify === undefined ? [] : toChecks(step, verify),
    interval: interval?.toSeconds({ integral: false }),
  };
}

/** Something that a cutover does besides copying: a script, an env file that is written, a URL that is asked. */
export type CutoverAction =
  | { readonly command: Omit<CommandStepProps, keyof StepProps | "probe"> }
  | { readonly envFile: Omit<EnvFileStepProps, keyof StepProps> }
  | { readonly http: Omit<HttpStepProps, keyof StepProps> };

/** How the application moves to the target. */
export interface CutoverProps {
  /**
   * Stops what writes to the source, before the last changes are copied.
   * @default - nothing writes, or the application was stopped by an earlier step
   */
  readonly freeze?: readonly CutoverAction[];

  /** Points the application to the target, once both places are proved equal. Undone in reverse order. */
  readonly switch: readonly CutoverAction[];
}

/** Properties of a `BucketTransfer`. */
export interface BucketTransferProps {
  /**
   * What is moved, for people; each phase adds its name.
   * @default - the ids of the steps
   */
  readonly title?: string;

  /** Where the objects are: `ObjectPlace.directory("/data")`, `ObjectPlace.s3("old-bucket")`. */
  readonly source: ObjectPlace;

  /** Where they go. */
  readonly destination: ObjectPlace;

  /**
   * How the application moves to the target.
   * @default - the objects are copied and compared, and nothing else happens
   */
  readonly cutover?: CutoverProps;

  /**
   * Whether the source is emptied in the end, of what is verified in the target and nothing else. Needs `cutover`.
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
  readonly objectTags?: "refuse" | "leave" | "carry";

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

/**
 * Refuses what could only go wrong, before anything is copied.
 *
 * @throws ValidationError `TransferIntoItself`, `TransferLosesTags`, `InvalidTransfer`
 */
function validateBucketTransfer(props: BucketTransferProps, transfer: IConstruct): void {
  const { source: from, destination: to, objectTags: tags, retire = false, cutover: cutover } = props;
  if (overlap(from, to)) {
    report(
      transfer,
      "TransferIntoItself",
      `source and target hold the same objects, ${JSON.stringify(from)} and ${JSON.stringify(to)}; give the target another bucket, prefix or directory`,
    );
  }
  if (tags === "carry" && !(from.store === "s3" && to.store === "s3")) {
    report(
      transfer,
      "TransferLosesTags",
      `tags cannot be carried from ${from.store} to ${to.store}: only S3 has tags of objects. Write objectTags: "leave", or objectTags: "refuse" to be told of them`,
    );
  }
  if (retire && cutover === undefined) {
    report(
      transfer,
      "InvalidTransfer",
      "`retire` deletes from the source, which the application still reads: there is no `cutover`. Write cutover: { switch: […] }, or leave `retire` out",
    );
  }
  if (cutover !== undefined && cutover.switch.length === 0) {
    report(
      transfer,
      "InvalidTransfer",
      "`cutover.switch` is empty, so the application would go on with the source; write at least one action, or leave `cutover` out",
    );
  }
}

/** Whether one place is inside of the other. Only said of what is known at synth. */
function overlap(from: ObjectPlace, to: ObjectPlace): boolean {
  if (from.store === "directory" && to.store === "directory") {
    return within(`${known(from.path)}/`, `${known(to.path)}/`);
  }
  if (from.store === "directory" || to.store === "directory" || from.store !== to.store) return false;
  return known(from.bucket) === known(to.bucket) && within(from.prefix, to.prefix);
}

function within(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** References to one variable are equal; a value that only Terraform knows equals itself. */
function known(value: unknown): string {
  return isUnresolved(value) ? String(value) : JSON.stringify(value).replace(/\/*"$/, "");
}
