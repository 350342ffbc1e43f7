import { validRange } from "semver";
import { z } from "zod";

const range = z
  .string()
  .refine((text) => text.trim() !== "" && validRange(text) !== null, 'must be a semver range, such as "1.0.x"');

/** One row of a compatibility matrix, as JSON holds it. */
export const compatibilityRow = z.strictObject({
  from: range,
  to: range,
  migrationRequired: z.boolean(),
  downtime: z.enum(["none", "minimal", "yes"]),
  rollback: z.enum(["yes", "limited", "no"]),
  support: z.string().optional(),
  planned: z.boolean().optional(),
});

/** A compatibility matrix, as `sterna.json` holds it. */
export const compatibility = z.strictObject({
  rows: z.array(compatibilityRow).min(1, "must hold at least one row"),
  patchesImplied: z.boolean().default(true),
});

/** A compatibility matrix as plain data. */
export type CompatibilityData = z.output<typeof compatibility>;
