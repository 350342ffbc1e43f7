import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { terraformLiteral, isUnresolved } from "../core/tokens";
import { sternaProviderMetadata } from "../environments/sterna-provider";
import { attributeDefaults, STEP_ATTRIBUTE_ROWS, type StepAttributes } from "../manifest/step-attributes";

/** Arguments of a `sterna_step`, with the defaults of `STEP_ATTRIBUTES`. */
export interface SternaStepConfig extends Omit<StepAttributes, "program" | "after"> {
  /** What `up`, `down`, `verify` and `probe` do, as canonical JSON. */
  readonly program: string;
}

/** The Terraform resource `sterna_step`. The classes of `lib/steps` create it. */
export class SternaStep extends TerraformResource {
  /** Ids of the steps that must come before this one. */
  after: readonly string[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly config: SternaStepConfig,
  ) {
    super(scope, id, { terraformResourceType: "sterna_step", terraformGeneratorMetadata: sternaProviderMetadata() });
    this.overrideLogicalId(config.id);
  }

  /** Digest of the program. Environments with the same checksum ran the same program. */
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

  /** What the step recorded, as JSON. */
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
    const { id } = this.config;
    const given = Object.entries(this.config).filter(([, value]) => value !== undefined);
    const values = { ...attributeDefaults(id), ...Object.fromEntries(given), after: this.after };
    return Object.fromEntries(
      STEP_ATTRIBUTE_ROWS.map(({ name, terraform }) => [terraform, literal((values as Record<string, unknown>)[name])]),
    );
  }
}

/** Escapes text for Terraform, so that `${` is not evaluated, and keeps expressions. */
function literal(value: unknown): unknown {
  if (typeof value === "string") return isUnresolved(value) ? value : terraformLiteral(value);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, literal(item)]));
}
