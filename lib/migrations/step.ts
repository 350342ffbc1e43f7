import { Construct } from "constructs";
import type { Duration } from "../core/duration";
import { IDENTIFIER_RULE, isIdentifier } from "../core/identifier";
import { ValidationError } from "../core/validation-error";
import { SystemStack } from "../environments/system-stack";
import { Migration } from "./migration";
import { MigrationGraph } from "./migration-graph";
import { compileProgram, type StepProgram } from "./step-program";
import { SternaStep } from "./sterna-step";

/**
 * When a step may run: `expand` adds what the new code needs while the old code runs on, `migrate` moves data,
 * `contract` takes away what only the old code needed.
 */
export type StepPhase = "expand" | "migrate" | "contract";

/** How a half-applied step is tried again: `resume` runs `up` again, `compensate` runs `down` first. */
export type OnRetry = "resume" | "compensate";

/** What an interrupt (SIGINT or SIGTERM to Terraform) does to a running step: end it at once, or let it finish. */
export type OnStop = "stop" | "finish";

/** What taking the step out of the configuration does: undo it, leave it as it is, or refuse the plan. */
export type OnDestroy = "rollback" | "keep" | "refuse";

/** Properties that all steps have. */
export interface StepProps {
  /**
   * What the step does, for people.
   * @default - the id of the step
   */
  readonly title?: string;

  /**
   * When the step may run.
   * @default "migrate"
   */
  readonly phase?: StepPhase;

  /**
   * For a contracting step: newest release whose code needs what it takes away. While a colour of the stack's `rollout`
   * runs this one or an older one, the step is refused.
   * @default - the newest release before that of the migration
   */
  readonly lastNeededBy?: string;

  /**
   * Ids of steps to wait for, in this migration or an earlier one; an empty list waits for nothing in its section.
   * @default - all steps above it in its section
   */
  readonly after?: readonly string[];

  /**
   * Why the step cannot be undone. A plan that would take it away is refused.
   * @default - it can be undone
   */
  readonly irreversible?: string;

  /**
   * How a half-applied step is tried again.
   * @default "resume"
   */
  readonly onRetry?: OnRetry;

  /**
   * What taking the step out of the configuration does.
   * @default "rollback"
   */
  readonly onDestroy?: OnDestroy;

  /**
   * What an interrupt of Terraform does while the step runs. `stop` ends it: a transaction is rolled back, a command gets
   * SIGTERM, and the next apply goes on as `onRetry` says. `finish` lets it end, be verified and noted first: for what
   * must not be cut in two. Its timeout still holds.
   * @default "stop"
   */
  readonly onStop?: OnStop;

  /**
   * After how long the step is stopped.
   * @default - never
   */
  readonly timeout?: Duration;
}

/** One change, with the question that proves it. */
export abstract class Step extends Construct {
  /** The Terraform resource, for references to its attributes. */
  readonly terraformStep: SternaStep;

  /** The migration that the step is part of. */
  readonly migration: Migration;

  readonly title: string;
  readonly phase: StepPhase;

  /** Newest release whose code needs what the step takes away; the newest before the migration's when absent. */
  readonly lastNeededBy: string | undefined;

  /** Ids of the steps to wait for; all above it in its section when absent. */
  readonly after: readonly string[] | undefined;
  readonly irreversible: string | undefined;
  readonly onRetry: OnRetry;
  readonly onDestroy: OnDestroy;
  readonly onStop: OnStop;
  readonly timeout: Duration | undefined;

  /**
   * @param id name of the step: in the ledger, in the Terraform address, for people. It never changes
   * @param makeProgram says what the step does; gets the step, for errors with its path
   * @throws ValidationError `StackMissing`, `InvalidIdentifier`, `DuplicateStep`, `InvalidStep`, `StepNotVerified`,
   * `LiteralPassword`, `UnresolvedInProgram`, `UnknownVariable`
   */
  protected constructor(scope: Construct, id: string, props: StepProps, makeProgram: (step: Step) => StepProgram) {
    super(scope, id);
    this.migration = Migration.of(this);
    if (!isIdentifier(id)) {
      throw new ValidationError("InvalidIdentifier", `a step cannot be called "${id}": use ${IDENTIFIER_RULE}`, this);
    }
    this.title = props.title ?? id;
    this.phase = props.phase ?? "migrate";
    this.lastNeededBy = props.lastNeededBy;
    this.after = props.after;
    this.irreversible = props.irreversible;
    this.onRetry = props.onRetry ?? "resume";
    this.onDestroy = props.onDestroy ?? "rollback";
    this.onStop = props.onStop ?? "stop";
    this.timeout = props.timeout;
    if (this.irreversible?.trim() === "") {
      throw new ValidationError(
        "StepNotReversible",
        "`irreversible` is empty; say why the step cannot be undone",
        this,
      );
    }
    const stack = SystemStack.of(this);
    MigrationGraph.of(stack).addStep(this);
    const { json, variables } = compileProgram(this, stack, makeProgram(this));
    this.terraformStep = new SternaStep(this, "Resource", {
      id,
      system: stack.system,
      release: this.migration.to.version,
      title: this.title,
      phase: this.phase,
      program: json,
      variables,
      irreversible: this.irreversible,
      onRetry: this.onRetry,
      onDestroy: this.onDestroy,
      onStop: this.onStop,
      proof: stack.proof,
      timeout: this.timeout?.toSeconds({ integral: false }),
    });
  }
}
