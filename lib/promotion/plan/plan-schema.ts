import { z } from "zod";
import { SternaError } from "../../core/errors";
import { describeIssues } from "../../core/read-json-file";

/**
 * The parts of what `terraform show -json <plan>` writes that Sterna reads (Terraform, "JSON Output Format", format
 * version 1.x). Unknown attributes pass through: newer versions of Terraform add some.
 */
const change = z.looseObject({
  /** Actions such as `["create"]` or `["delete", "create"]`; later versions may bring others, so any text is taken. */
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).nullish(),
  importing: z.looseObject({ id: z.string().nullish(), unknown: z.boolean().nullish() }).nullish(),
});

export const formatVersion = z.string().regex(/^1\./, "only format version 1 of Terraform's plans is known");

export const resourceChangeJson = z.looseObject({
  address: z.string(),
  previous_address: z.string().nullish(),
  mode: z.string().default("managed"),
  type: z.string(),
  deposed: z.string().nullish(),
  change,
  /** Why Terraform chose the action, such as `replace_because_tainted`. */
  action_reason: z.string().nullish(),
});
export type ResourceChangeJson = z.infer<typeof resourceChangeJson>;

export const deferredChangeJson = z.looseObject({
  reason: z.string().default("unknown"),
  resource_change: resourceChangeJson,
});
export type DeferredChangeJson = z.infer<typeof deferredChangeJson>;

export const outputChangeJson = change;
export type OutputChangeJson = z.infer<typeof outputChangeJson>;

/** An attribute on which a planned change depends. */
export const attributeReference = z.looseObject({ resource: z.string(), attribute: z.array(z.unknown()).default([]) });
export type AttributeReference = z.infer<typeof attributeReference>;

/** An input variable of the root module. */
export const variableJson = z.looseObject({ value: z.unknown().optional() });
export type VariableJson = z.infer<typeof variableJson>;

const provisionerJson = z.looseObject({
  type: z.string(),
  expressions: z.record(z.string(), z.unknown()).optional(),
});
export type ProvisionerJson = z.infer<typeof provisionerJson>;

/** A resource of the configuration with programs that run when it is made or destroyed. */
export const provisionedResource = z.looseObject({
  address: z.string(),
  provisioners: z.array(provisionerJson).default([]),
});
export type ProvisionedResource = z.infer<typeof provisionedResource>;

/** A module of the configuration, as far as it holds such resources. */
export interface ModuleCallJson {
  readonly module?: ModuleJson | undefined;
}
export interface ModuleJson {
  readonly resources?: readonly ProvisionedResource[] | undefined;
  readonly module_calls?: Readonly<Record<string, ModuleCallJson>> | undefined;
}
export const moduleCallJson: z.ZodType<ModuleCallJson> = z.looseObject({
  module: z
    .looseObject({
      resources: z.array(provisionedResource).optional(),
      get module_calls() {
        return z.record(z.string(), moduleCallJson).optional();
      },
    })
    .optional(),
});

/** A resource of the configuration, or of the state. */
export const configuredResource = z.looseObject({ address: z.string(), depends_on: z.array(z.string()).default([]) });
export type ConfiguredResource = z.infer<typeof configuredResource>;

/** An action of a provider that an apply invokes (Terraform 1.14). */
export const actionInvocationJson = z.looseObject({
  address: z.string(),
  type: z.string().default("unknown"),
  config_values: z.unknown().optional(),
  config_unknown: z.unknown().optional(),
  config_sensitive: z.unknown().optional(),
  /** Absent when the action was asked for on the command line. */
  lifecycle_action_trigger: z
    .looseObject({
      triggering_resource_address: z.string().default("unknown"),
      action_trigger_event: z.string().default("unknown"),
      action_trigger_block_index: z.number().default(0),
      actions_list_index: z.number().default(0),
    })
    .nullish(),
});
export type ActionInvocationJson = z.infer<typeof actionInvocationJson>;

export const deferredActionJson = z.looseObject({
  reason: z.string().default("unknown"),
  action_invocation: actionInvocationJson,
});
export type DeferredActionJson = z.infer<typeof deferredActionJson>;

const checkedObject = z.looseObject({
  address: z.looseObject({ to_display: z.string() }),
  status: z.string(),
});

/** What became of the conditions of a resource, an output, a variable or a `check` block (Terraform 1.2). */
export const checkJson = checkedObject.extend({
  instances: z
    .array(checkedObject.extend({ problems: z.array(z.looseObject({ message: z.string() })).nullish() }))
    .nullish(),
});
export type CheckJson = z.infer<typeof checkJson>;

/**
 * A part of a plan, unchecked.
 *
 * @throws SternaError `PlanUnreadable` when it is not JSON
 */
export function parsePlan(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SternaError("PlanUnreadable", `the plan is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * A part of a plan.
 *
 * @throws SternaError `PlanUnreadable` when it is not as the schema says
 */
export function parsePart<Schema extends z.ZodType>(schema: Schema, json: Buffer): z.output<Schema> {
  const result = schema.safeParse(parsePlan(json.toString("utf8")));
  if (result.success) return result.data;
  throw new SternaError(
    "PlanUnreadable",
    `Terraform's plan cannot be read; a newer Sterna may know its format:\n${describeIssues(result.error)}`,
    { cause: result.error },
  );
}
