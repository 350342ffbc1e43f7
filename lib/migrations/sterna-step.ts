import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { terraformLiteral, isUnresolved } from "../core/tokens";
import { sternaProviderMetadata } from "../environments/sterna-provider";

/** Arguments of a `sterna_step`. */
export interface SternaStepConfig {
  /** Name of the step in the ledger, and in the Terraform address. Never changes. */
  readonly id: string;

  /** System that is migrated. */
  readonly system: string;

  /** Release that the step belongs to. */
  readonly release: string;

  /** What the step does, for people. */
  readonly title: string;

  /** `expand`, `migrate` or `contract`. */
  readonly phase: string;

  /** What `up`, `down`, `verify` and `probe` do, as canonical JSON. */
  readonly program: string;

  /** Values of this environment that the program names. */
  readonly variables: Readonly<Record<string, string>>;

  /** `resume` or `compensate`: how a half-applied step is tried again. */
  readonly onRetry: string;

  /** `rollback`, `keep` or `refuse`: what removing the step does. */
  readonly onDestroy: string;

  /** `stop` or `finish`: what an interrupt of Terraform does while the step runs. */
  readonly onStop: string;

  /**
   * Why the step cannot be undone.
   * @default - it can
   */
  readonly irreversible?: string;

  /**
   * Ledger that must hold this step already, as JSON.
   * @default - none
   */
  readonly proof?: string;

  /**
   * Seconds after which the step is stopped.
   * @default - none
   */
  readonly timeout?: number;
}

/** The Terraform resource `sterna_step`. The classes of `lib/steps` make it. */
export class SternaStep extends TerraformResource {
  /** Ids of the steps that come before this one. */
  after: readonly string[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly config: SternaStepConfig,
  ) {
    super(scope, id, { terraformResourceType: "sterna_step", terraformGeneratorMetadata: sternaProviderMetadata() });
    this.overrideLogicalId(config.id);
  }

  /** Digest of the program. Environments with equal checksums ran the same thing. */
  get checksum(): string {
    return this.getStringAttribute("checksum");
  }

  /** `applied`, or `failed`. */
  get status(): string {
    return this.getStringAttribute("status");
  }

  /** When the step was applied, UTC. */
  get appliedAt(): string {
    return this.getStringAttribute("applied_at");
  }

  /** What the step left behind, as JSON. */
  get artifact(): string {
    return this.getStringAttribute("artifact");
  }

  /** What will run, for the plan. */
  get preview(): string[] {
    return this.getListAttribute("preview");
  }

  /** Makes the step wait for others. */
  runAfter(steps: readonly string[]): void {
    this.after = steps;
    this.dependsOn = steps.length === 0 ? undefined : steps.map((step) => `sterna_step.${step}`);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const {
      id,
      system,
      release,
      title,
      phase,
      program,
      variables,
      onRetry,
      onStop,
      onDestroy,
      irreversible,
      proof,
      timeout,
    } = this.config;
    return {
      id,
      system,
      release,
      title: literal(title),
      phase,
      program: literal(program),
      variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, literal(value)])),
      after: this.after,
      irreversible: irreversible === undefined ? undefined : literal(irreversible),
      on_retry: onRetry,
      on_destroy: onDestroy,
      on_stop: onStop,
      proof: proof === undefined ? undefined : literal(proof),
      timeout,
    };
  }
}

// An expression of Terraform stays one.
function literal(text: string): string {
  return isUnresolved(text) ? text : terraformLiteral(text);
}
