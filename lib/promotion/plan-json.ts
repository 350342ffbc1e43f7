import { z } from "zod";

/**
 * What `terraform show -json <plan>` writes, as far as Sterna reads it (Terraform, "JSON Output Format", format
 * version 1.x). Unknown attributes pass through: newer versions of Terraform add some.
 */
const change = z.looseObject({
  /** Actions such as `["create"]` or `["delete", "create"]`; later versions may bring others, so any text is taken. */
  actions: z.array(z.string()),
  before: z.unknown(),
  after: z.unknown(),
  importing: z.unknown().optional(),
});

const resourceChange = z.looseObject({
  address: z.string(),
  mode: z.string().default("managed"),
  type: z.string(),
  name: z.string().default(""),
  change,
  /** Why Terraform chose the action, such as `replace_because_tainted`. */
  action_reason: z.string().optional(),
});
export type ResourceChangeJson = z.infer<typeof resourceChange>;

const configuredResource = z.looseObject({ address: z.string(), depends_on: z.array(z.string()).default([]) });
const stateResource = z.looseObject({ address: z.string(), depends_on: z.array(z.string()).default([]) });

export const planJson = z.looseObject({
  format_version: z.string().regex(/^1\./, "only format version 1 of Terraform's plans is known"),
  terraform_version: z.string().default("unknown"),
  resource_changes: z.array(resourceChange).default([]),
  resource_drift: z.array(resourceChange).default([]),
  /** Attributes of resources that the planned changes depend on. Terraform before 1.2 does not say. */
  relevant_attributes: z
    .array(z.looseObject({ resource: z.string(), attribute: z.array(z.unknown()).default([]) }))
    .optional(),
  output_changes: z.record(z.string(), change).default({}),
  configuration: z
    .looseObject({ root_module: z.looseObject({ resources: z.array(configuredResource).default([]) }).optional() })
    .optional(),
  prior_state: z
    .looseObject({
      values: z
        .looseObject({ root_module: z.looseObject({ resources: z.array(stateResource).default([]) }).optional() })
        .optional(),
    })
    .optional(),
  /** Whether an apply would do anything. Terraform before 1.7 does not say. */
  applyable: z.boolean().optional(),
  errored: z.boolean().optional(),
});
export type PlanJson = z.infer<typeof planJson>;
