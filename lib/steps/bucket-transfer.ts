import { Construct } from "constructs";
import type { CutOverAction as CutOverProgram, ProgramInput } from "../engine/program";
import { Step, type StepProps } from "../migrations/step";
import type { BucketTransferProps, CutOverAction, CutOverProps } from "./bucket-transfer-props";
import { validateBucketTransfer } from "./bucket-transfer-validation";
import { commandProgram } from "./command-step";
import { toChecks } from "./verification";

type Phase = "bulk" | "delta" | "cut-over" | "retire";

/**
 * Moves objects from a directory or a bucket to another one, on AWS, on Google Cloud, or between them.
 *
 * It makes one step for each phase, `<id>-bulk`, `<id>-delta`, `<id>-cut-over` and `<id>-retire`; list them in a
 * migration: `steps: (m) => [...new BucketTransfer(m, "files", { … }).steps]`. Both places are proved equal by a manifest
 * before the application moves, and nothing of the source is deleted that is not verified in the target.
 */
export class BucketTransfer extends Construct {
  /** The phases, in the order in which they run. */
  readonly steps: readonly Step[];

  /** @throws ValidationError `TransferIntoItself`, `TransferLosesTags`, `InvalidTransfer`, and what the steps throw */
  constructor(scope: Construct, id: string, props: BucketTransferProps) {
    super(scope, id);
    validateBucketTransfer(props, this);
    const { cutOver, retire = false, bulk = "engine" } = props;
    const phases: Phase[] = [
      ...(bulk === "engine" ? (["bulk"] as const) : []),
      "delta",
      ...(cutOver === undefined ? [] : (["cut-over"] as const)),
      ...(retire ? (["retire"] as const) : []),
    ];
    this.steps = phases.map((phase, index) => {
      const after = index === 0 ? props.after : [`${id}-${phases[index - 1]}`];
      return new TransferStep(this, `${id}-${phase}`, { ...STEPS[phase], after, timeout: props.timeout }, (step) =>
        transferProgram(step, id, phase, props),
      );
    });
  }
}

class TransferStep extends Step {
  constructor(scope: Construct, id: string, props: StepProps, makeProgram: (step: Step) => ProgramInput) {
    super(scope, id, props, (step) => ({ program: makeProgram(step) }));
  }
}

/** What the phases are for the migration. A cut-over that was killed is put back before it is tried again. */
const STEPS: Readonly<Record<Phase, Pick<StepProps, "phase" | "onRetry">>> = {
  bulk: { phase: "expand" },
  delta: { phase: "migrate" },
  "cut-over": { phase: "migrate", onRetry: "compensate" },
  retire: { phase: "contract" },
};

function transferProgram(step: Step, transfer: string, phase: Phase, props: BucketTransferProps): ProgramInput {
  const { from, to, batchDepth, bulk, symlinks, tags, versions } = props;
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
    ...(phase === "cut-over" && cutOverActions(step, props.cutOver!)),
  };
}

function cutOverActions(step: Step, { freeze = [], switch: actions }: CutOverProps) {
  return {
    freeze: freeze.map((action) => actionProgram(step, action)),
    switch: actions.map((action) => actionProgram(step, action)),
  };
}

function actionProgram(step: Step, action: CutOverAction): CutOverInput {
  if ("command" in action) return commandProgram(step, action.command);
  if ("envFile" in action) {
    const { remove, required, ...rest } = action.envFile;
    return { kind: "env", ...rest, remove: remove && [...remove], required: required && [...required] };
  }
  const { verify, interval, ...rest } = action.http;
  return {
    kind: "http",
    ...rest,
    verify: verify === undefined ? [] : toChecks(step, verify),
    interval: interval?.toSeconds({ integral: false }),
  };
}

type CutOverInput = Extract<ProgramInput, { kind: CutOverProgram["kind"] }>;
