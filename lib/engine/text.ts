import { z } from "zod";

/** Looks up what differs between environments in the step's `variables`. */
const variable = z.strictObject({ variable: z.string().min(1) });

/** Looks up what must not be written down (a password, a URL that holds one) in the environment of the process. */
const environmentVariable = z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) });

/**
 * A text in a program: written out, or named and looked up where the step runs.
 *
 * Values that differ between environments and secrets are always named: that is what lets the same program, with the
 * same checksum, be proved in staging and applied to production.
 */
export const text = z.union([z.string(), variable, environmentVariable]);
export type Text = z.infer<typeof text>;
