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
 * Moves objects from one directory or bucket to another, on AWS, on Google Cloud, or between them.
 *
 * Creates one step for each phase in the surrounding section, `<id>-bulk`, `<id>-delta`, `<id>-cutover` and
 * `<id>-retire`: `steps: (m) => { new BucketTransfer(m, "files", { … }); }`. A manifest proves both places equal before
 * the application moves, and only objects that are verified in the target are deleted in the source.
 */
export class BucketTransfer extends Construct {
  /** The phases, in execution order. */
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

/** Settings of the phases in the migration. A killed cutover is undone before it is retried. */
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

/** An action of a cutover besides copying: a script, an env file to write, or a URL to check. */
export type CutoverAction =
  | { readonly command: Omit<CommandStepProps, keyof StepProps | "probe"> }
  | { readonly envFile: Omit<EnvFileStepProps, keyof StepProps> }
  | { readonly http: Omit<HttpStepProps, keyof StepProps> };

/** How the application moves to the target. */
export interface CutoverProps {
  /**
   * Stops writes to the source, before the last changes are copied.
   * @default - nothing writes, or an earlier step stopped the application
   */
  readonly freeze?: readonly CutoverAction[];

  /** Points the application to the target, once both places are proved equal. Undone in reverse order. */
  readonly switch: readonly CutoverAction[];
}

/** Properties of a `BucketTransfer`. */
export interface BucketTransferProps {
  /**
   * Description of what is moved. Each phase adds its name.
   * @default - the ids of the steps
   */
  readonly title?: string;

  /** Where the objects are: `ObjectPlace.directory("/data")`, `ObjectPlace.s3("old-bucket")`. */
  readonly source: ObjectPlace;

  /** Where the objects are moved to. */
  readonly destination: ObjectPlace;

  /**
   * How the application moves to the target.
   * @default - the objects are only copied and compared
   */
  readonly cutover?: CutoverProps;

  /**
   * Whether objects that are verified in the target are deleted in the source at the end. Needs `cutover`.
   * @default false
   */
  readonly retire?: boolean;

  /**
   * Prefixes of the paths that are moved, each ending with a slash: `["projects/alpha/"]` moves one project first.
   * @default - all
   */
  readonly only?: readonly string[];

  /**
   * Prefixes of the paths that are not moved, each ending with a slash.
   * @default - none
   */
  readonly except?: readonly string[];

  /**
   * Number of leading folders in a path that identify a batch, 0 to 8. Each batch has a checkpoint, and only one at a
   * time is in memory: 2 for `projects/alpha/…`.
   * @default 0, all objects are one batch
   */
  readonly batchDepth?: number;

  /**
   * Who makes the first copy. With `managed` it is a service such as DataSync or Storage Transfer Service: the delta
   * phase then copies what the service did not, and compares everything.
   * @default "engine"
   */
  readonly bulk?: "engine" | "managed";

  /**
   * How to handle symbolic links in a directory: refuse the step, skip them, or copy their targets.
   * @default "refuse"
   */
  readonly symlinks?: "refuse" | "skip" | "follow";

  /**
   * How to handle object tags. Only S3 has them, so they can be carried only from S3 to S3.
   * @default "refuse"
   */
  readonly objectTags?: "refuse" | "leave" | "carry";

  /**
   * How to handle a source with old versions of objects: refuse it, or leave them behind.
   * @default "refuse"
   */
  readonly versions?: "refuse" | "leave";

  /**
   * How to handle an object in the target with different content that the transfer did not write.
   * @default "refuse", with `bulk: "managed"` "replace"
   */
  readonly onConflict?: "refuse" | "replace";

  /**
   * Ids of steps that the first phase waits for.
   * @default - all steps above it in its section
   */
  readonly after?: readonly string[];

  /**
   * Timeout of each phase.
   * @default - none
   */
  readonly timeout?: Duration;
}

/**
 * Refuses, before anything is copied, what would fail later.
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

/** Whether one place is inside of the other, as far as that is known at synth. */
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

/** References to the same variable are equal. A value that only Terraform knows is equal only to itself. */
function known(value: unknown): string {
  return isUnresolved(value) ? String(value) : JSON.stringify(value).replace(/\/*"$/, "");
}
