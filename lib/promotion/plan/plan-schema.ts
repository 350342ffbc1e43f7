import { z } from "zod";

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

/** A resource of the configuration, or of the state. */
export const configuredResource = z.looseObject({ address: z.string(), depends_on: z.array(z.string()).default([]) });
export type ConfiguredResource = z.infer<typeof configuredResource>;
