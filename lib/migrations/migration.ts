import { Annotations } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { acknowledgement, type Acknowledgements, isAcknowledged, validateAcknowledgements } from "../core/acknowledge";
import { checkProps, isKnownProps } from "../core/check-props";
import type { Duration } from "../core/duration";
import { attempt, collect, isFaultless, report, ValidationError } from "../core/errors";
import { IDENTIFIER_RULE, isIdentifier } from "../core/names";
import { SystemStack } from "../environments/system-stack";
import { STEP_ATTRIBUTES } from "../manifest/step-attributes";
import type { Release } from "../releases/release";
import { requireMove } from "../releases/upgrade-advice";
import { MigrationGraph } from "./migration-graph";
import { compileProgram, type StepProgram } from "./step-program";
import { SternaStep } from "./sterna-step";

/** Creates the steps of a section. They run in order of creation. The return value is ignored. */
export type Section = (migration: Migration) => void;

/** Properties of a `Migration`. */
export interface MigrationProps {
  /** Release that the migration starts from. */
  readonly from: string;

  /** Release that the migration leads to. */
  readonly to: string;

  /** What changes, step by step. */
  readonly steps: Section;

  /**
   * What is backed up before anything changes.
   * @default - none; `acknowledge` must then give the reason
   */
  readonly backup?: Section;

  /**
   * Why nothing needs to be backed up (`MigrationWithoutBackup`).
   * @default - none; `backup` is required
   */
  readonly acknowledge?: Acknowledgements<"MigrationWithoutBackup">;

  /**
   * Checks after all steps, in addition to those of each step.
   * @default - none
   */
  readonly acceptance?: Section;

  /**
   * Ids of applied steps that were removed from this migration and are to be rolled back although their release stays.
   * Without it, a plan that would do so is refused.
   * @default - none
   */
  readonly removed?: readonly string[];

  /**
   * Ids of steps of this migration that may run although later steps are already applied. Without it, a plan that would
   * do so is refused.
   * @default - none
   */
  readonly outOfOrder?: readonly string[];
}

/**
 * The migration from one release to the next: backup, then steps, then verification.
 *
 * The steps exist only if the pinned release is `to` or newer. Pinning an older release removes them from the
 * configuration, so Terraform rolls them back in reverse order.
 */
export class Migration extends Construct {
  /**
   * The migration that a construct is part of.
   *
   * @throws ValidationError `StackMissing`
   */
  static of(construct: IConstruct): Migration {
    const migration = construct.node.scopes.reverse().find((scope) => scope instanceof Migration);
    if (migration !== undefined) return migration;
    throw new ValidationError(
      "StackMissing",
      "make a step inside of a Migration: steps: (m) => { new SqlStep(m, …); }",
      construct,
    );
  }

  readonly from: Release;
  readonly to: Release;

  /** Backup, steps and verification, each in order. Empty if the pinned release is older than `to`. */
  readonly sections: readonly (readonly Step[])[];

  private section: Step[] | undefined;

  /**
   * @throws ValidationError `StackMissing`, `UnknownRelease`, `MigrationBackwards`, `InvalidMigration`,
   * `MigrationWithoutBackup`, `NothingToAcknowledge`, `RequiredStopSkipped`, `NoUpgradePath`; at synthesis also `DuplicateMigration`, `MigrationGap`, `UnknownStep`, `StepCycle`, `ContractBeforeRetire`,
   * `InvalidLastNeededBy`
   */
  constructor(scope: Construct, id: string, props: MigrationProps) {
    super(scope, id);
    checkProps(this, "MigrationProps", props);
    const stack = SystemStack.of(this);
    const [from, to] = collect(this, () => this.checkEnds(stack, props));
    // If one is unknown, the steps are still created, so that their mistakes are found too.
    this.from = from ?? stack.releases.oldest;
    this.to = to ?? stack.release;
    MigrationGraph.of(stack).addMigration(this);
    const isIncluded = !stack.release.isOlderThan(this.to);
    const sections = isIncluded ? [props.backup, props.steps, props.acceptance] : [];
    this.sections = sections.map((section) => this.fill(section));
    collect(this, () => this.allowHistory(stack, props));
    this.warnAboutPhases();
  }

  /** @returns the releases that it starts from and leads to, if known */
  private checkEnds(stack: SystemStack, props: MigrationProps): readonly (Release | undefined)[] {
    const [from, to] = [props.from, props.to].map((version) => attempt(this, () => stack.releases.get(version)));
    if (from !== undefined && to !== undefined) {
      if (from.isOlderThan(to)) attempt(this, () => requireLegalMove(stack, from.version, to.version));
      else report(this, "MigrationBackwards", `it leads from ${from} to ${to}; \`to\` must be newer`);
    }
    this.requireBackupDecision(props);
    return [from, to];
  }

  private requireBackupDecision({ backup, acknowledge }: MigrationProps): void {
    validateAcknowledgements(acknowledge, ["MigrationWithoutBackup"], this);
    const isReasoned = isAcknowledged(acknowledge, "MigrationWithoutBackup");
    const wanted =
      "it needs either `backup: (m) => { new BackupStep(m, …); }`, or the reason why nothing has to be saved, " +
      `\`${acknowledgement("MigrationWithoutBackup")}\``;
    if ((backup === undefined) === isReasoned) return;
    if (isReasoned) report(this, "InvalidMigration", `${wanted}; got both`);
    else report(this, "MigrationWithoutBackup", `${wanted}; got neither`);
  }

  /**
   * Adds a step to the current section.
   *
   * @throws ValidationError `InvalidMigration`
   * @internal
   */
  addStep(step: Step): void {
    if (this.section === undefined) {
      throw new ValidationError(
        "InvalidMigration",
        "the step was made when its migration was complete, so it has no place in the order; " +
          "make it inside of `backup`, `steps` or `acceptance` of its migration",
        step,
      );
    }
    this.section.push(step);
  }

  /**
   * Lets steps of this migration run although later steps are already applied.
   *
   * @internal
   */
  allowOutOfOrder(ids: readonly string[]): void {
    SystemStack.of(this).allowHistory([], ids);
  }

  private fill(section: Section | undefined): readonly Step[] {
    const steps: Step[] = [];
    this.section = steps;
    const returned: unknown = section?.(this);
    this.section = undefined;
    if (returned instanceof Promise) {
      // A rejection would end the app a second time.
      returned.catch(() => undefined);
      throw new ValidationError(
        "InvalidMigration",
        "a section must not be async: what comes after its first `await` would be left out. Await before the migration, and write steps: (m) => { new SqlStep(m, …); }",
        this,
      );
    }
    return steps;
  }

  private allowHistory(stack: SystemStack, { removed = [], outOfOrder = [] }: MigrationProps): void {
    const ids = this.sections.flat().map(({ node }) => node.id);
    for (const id of removed.filter((each) => ids.includes(each))) {
      report(this, "InvalidMigration", `"${id}" is in \`removed\`, and the migration still holds it`);
    }
    const known = this.sections.length === 0 ? outOfOrder : ids;
    for (const id of outOfOrder.filter((each) => !known.includes(each))) {
      const steps = ids.join(", ") || "it has none";
      report(this, "InvalidMigration", `\`outOfOrder\` names "${id}", and the migration has no such step: ${steps}`);
    }
    stack.allowHistory(removed, outOfOrder);
  }

  /** Old code stops working at the first contracting step, so nothing that it still needs may come later. */
  private warnAboutPhases(): void {
    const steps = this.sections.flat();
    const contracting = steps.findIndex(({ phase }) => phase === "contract");
    const late = contracting < 0 ? undefined : steps.slice(contracting).find(({ phase }) => phase === "expand");
    if (late === undefined) return;
    Annotations.of(late).addWarning(
      `${late.node.id} expands after ${steps[contracting]!.node.id} contracted; expand first, so that the old code runs until the end`,
    );
  }
}

function requireLegalMove({ compatibility, system, releases }: SystemStack, from: string, to: string): void {
  // A migration for a planned release may already exist, but the release cannot be pinned.
  if (compatibility === undefined || compatibility.rowOf(from, to) !== undefined) return;
  requireMove(compatibility, system, releases.versions, from, to, `the migration leads from ${from} to ${to}`);
}

/**
 * When a step may run: `expand` adds what the new code needs while the old code still runs, `migrate` moves data,
 * `contract` removes what only the old code needed.
 */
export type StepPhase = "expand" | "migrate" | "contract";

/** How a half-applied step is retried: `resume` runs `up` again, `compensate` runs `down` first. */
export type OnRetry = "resume" | "compensate";

/** What an interrupt (SIGINT or SIGTERM to Terraform) does to a running step: end it at once, or let it finish. */
export type OnStop = "stop" | "finish";

/** What happens when a step is removed from the configuration: undo it, keep its effect, or refuse the plan. */
export type OnDestroy = "rollback" | "keep" | "refuse";

/** Properties that all steps have. */
export interface StepProps {
  /**
   * Description of the step, for display.
   * @default - the id of the step
   */
  readonly title?: string;

  /**
   * When the step may run.
   * @default "migrate"
   */
  readonly phase?: StepPhase;

  /**
   * For a contracting step: newest release whose code needs what it removes. The step is refused while a color of the
   * stack's `rollout` runs this release or an older one.
   * @default - the newest release before that of the migration
   */
  readonly lastNeededBy?: string;

  /**
   * Ids of steps to wait for, in this migration or an earlier one. An empty list waits for nothing in its section.
   * @default - all steps above it in its section
   */
  readonly after?: readonly string[];

  /**
   * Why the step cannot be undone. A plan that would remove it is refused.
   * @default - it can be undone
   */
  readonly irreversible?: string;

  /**
   * How a half-applied step is retried.
   * @default "resume"
   */
  readonly onRetry?: OnRetry;

  /**
   * What happens when the step is removed from the configuration.
   * @default "rollback"
   */
  readonly onDestroy?: OnDestroy;

  /**
   * What an interrupt of Terraform does while the step runs. `stop` ends it: a transaction is rolled back, a command
   * gets SIGTERM, and the next apply continues according to `onRetry`. `finish` first lets it complete, be verified and
   * recorded: for work that must not be split. Its timeout still applies.
   * @default "stop"
   */
  readonly onStop?: OnStop;

  /**
   * Timeout of the step.
   * @default - none
   */
  readonly timeout?: Duration;
}

/** One change, with the query that verifies it. */
export abstract class Step extends Construct {
  /** The Terraform resource, for references to its attributes. */
  readonly terraformStep: SternaStep;

  /** The migration that the step is part of. */
  readonly migration: Migration;

  readonly title: string;
  readonly phase: StepPhase;

  /** Newest release whose code needs what the step removes. If absent, the newest before the migration's. */
  readonly lastNeededBy: string | undefined;

  /** Ids of the steps to wait for. If absent, all steps above it in its section. */
  readonly after: readonly string[] | undefined;
  readonly irreversible: string | undefined;

  /**
   * @param id name of the step: in the ledger, in the Terraform address, for display. Must never change
   * @param makeProgram returns what the step does; receives the step, for errors with its path
   * @throws ValidationError `StackMissing`, `InvalidIdentifier`, `DuplicateStep`, `InvalidStep`, `StepNotVerified`,
   * `LiteralPassword`, `UnresolvedInProgram`, `UnknownVariable`
   */
  protected constructor(scope: Construct, id: string, props: StepProps, makeProgram: (step: Step) => StepProgram) {
    super(scope, id);
    const kindProps = propsOf(new.target);
    // A third-party kind has its own properties.
    checkProps(this, kindProps ?? "StepProps", props, { isOpen: kindProps === undefined });
    this.migration = Migration.of(this);
    this.title = props.title ?? id;
    this.phase = props.phase ?? STEP_ATTRIBUTES.phase.default;
    this.lastNeededBy = props.lastNeededBy;
    this.after = props.after;
    this.irreversible = props.irreversible;
    const stack = SystemStack.of(this);
    const { json, variables } = collect(this, () => {
      if (!isIdentifier(id)) {
        report(this, "InvalidIdentifier", `a step cannot be called "${id}": use ${IDENTIFIER_RULE}`);
      }
      if (this.irreversible?.trim() === "") {
        report(this, "StepNotReversible", "`irreversible` is empty; say why the step cannot be undone");
      }
      attempt(this, () => MigrationGraph.of(stack).addStep(this));
      const program = makeProgram(this);
      // The engine would report the same mistakes in other words.
      return isFaultless(this) ? compileProgram(this, stack, program) : { json: "{}", variables: {} };
    });
    this.terraformStep = new SternaStep(this, "Resource", {
      ...attributesIn(props),
      id,
      system: stack.system,
      release: this.migration.to.version,
      title: this.title,
      program: json,
      variables,
      proof: stack.proof,
      timeout: props.timeout?.toSeconds({ integral: false }),
    });
  }
}

/** The properties of a step that are arguments of its resource. */
function attributesIn(props: StepProps): Omit<StepProps, "timeout" | "after"> {
  return Object.fromEntries(Object.entries(props).filter(([name]) => name in STEP_ATTRIBUTES));
}

/**
 * Name of the properties interface of a step: that of its kind or of the kind that it extends. Undefined for a
 * third-party kind.
 */
function propsOf(type: object): string | undefined {
  let kind = type as { readonly name: string };
  for (
    let parent = kind;
    parent !== Step && parent.name !== "";
    parent = Object.getPrototypeOf(parent) as typeof kind
  ) {
    kind = parent;
  }
  return isKnownProps(`${kind.name}Props`) ? `${kind.name}Props` : undefined;
}
