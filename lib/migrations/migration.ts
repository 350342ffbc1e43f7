import { Annotations } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ValidationError } from "../core/validation-error";
import { SystemStack } from "../environments/system-stack";
import type { Release } from "../releases/release";
import { requireMove } from "../releases/upgrade-advice";
import { MigrationGraph } from "./migration-graph";
import type { Step } from "./step";

/** Makes the steps of a section, in the order in which they run. */
export type Section = (migration: Migration) => readonly Step[];

/** Properties of a `Migration`. */
export interface MigrationProps {
  /** Release that the migration begins at. */
  readonly from: string;

  /** Release that the migration leads to. */
  readonly to: string;

  /** What changes, step by step. */
  readonly steps: Section;

  /**
   * What is saved before anything changes.
   * @default - none; then `noBackup` says why
   */
  readonly backup?: Section;

  /**
   * Why nothing needs to be saved.
   * @default - none; then `backup` saves it
   */
  readonly noBackup?: string;

  /**
   * What is asked when all steps are done. Each step verifies itself besides.
   * @default - nothing
   */
  readonly verification?: Section;
}

const NO_STEPS: Section = () => [];

/**
 * What leads from one release to the next: backup, then steps, then verification.
 *
 * The steps exist only where the pinned release is `to` or newer. Pinning an older one takes them out of the
 * configuration, which Terraform turns into their rollback in reverse order.
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
      "make a step inside of a Migration: (m) => [new SqlStep(m, …)]",
      construct,
    );
  }

  readonly from: Release;
  readonly to: Release;

  /** Backup, steps and verification, each in its order; empty where the pinned release is older than `to`. */
  readonly sections: readonly (readonly Step[])[];

  /**
   * @throws ValidationError `StackMissing`, `UnknownRelease`, `MigrationBackwards`, `InvalidMigration`, `StepNotListed`,
   * `RequiredStopSkipped`, `NoUpgradePath`; at
   * synthesis also `DuplicateMigration`, `MigrationGap`, `UnknownStep`, `StepCycle`, `ContractBeforeRetire`,
   * `InvalidLastNeededBy`
   */
  constructor(scope: Construct, id: string, props: MigrationProps) {
    super(scope, id);
    const stack = SystemStack.of(this);
    this.from = ValidationError.locate(this, () => stack.releases.get(props.from));
    this.to = ValidationError.locate(this, () => stack.releases.get(props.to));
    if (!this.from.isOlderThan(this.to)) {
      throw new ValidationError(
        "MigrationBackwards",
        `it leads from ${this.from} to ${this.to}; \`to\` must be newer`,
        this,
      );
    }
    this.requireLegalMove(stack);
    this.requireBackupDecision(props);
    MigrationGraph.of(stack).addMigration(this);
    const isIncluded = !stack.release.isOlderThan(this.to);
    const sections = isIncluded ? [props.backup, props.steps, props.verification] : [];
    this.sections = sections.map((section = NO_STEPS) => section(this));
    this.requireListed();
    this.warnAboutPhases();
  }

  private requireLegalMove({ compatibility, system, releases }: SystemStack): void {
    const [from, to] = [this.from.version, this.to.version];
    // One that is only planned may be written already; it cannot be pinned.
    if (compatibility === undefined || compatibility.rowOf(from, to) !== undefined) return;
    ValidationError.locate(this, () =>
      requireMove(compatibility, system, releases.versions, from, to, `the migration leads from ${from} to ${to}`),
    );
  }

  private requireBackupDecision({ backup, noBackup }: MigrationProps): void {
    if ((backup === undefined) !== (noBackup === undefined) && noBackup?.trim() !== "") return;
    throw new ValidationError(
      "InvalidMigration",
      `it needs either \`backup: (m) => [new ArchiveStep(m, …)]\` or \`noBackup: "<reason>"\`, got ${
        backup === undefined ? (noBackup === undefined ? "neither" : "an empty reason") : "both"
      }`,
      this,
    );
  }

  private requireListed(): void {
    const listed = new Set<Step>();
    for (const step of this.sections.flat()) {
      if (listed.has(step) || Migration.of(step) !== this) {
        throw new ValidationError(
          "StepNotListed",
          `"${step.node.id}" must stand once, in a list of the migration that made it`,
          this,
        );
      }
      listed.add(step);
    }
    const forgotten = MigrationGraph.of(SystemStack.of(this))
      .stepsOf(this)
      .find((step) => !listed.has(step));
    if (forgotten === undefined) return;
    throw new ValidationError(
      "StepNotListed",
      "it was made, but is in no list that backup, steps or verification return",
      forgotten,
    );
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
