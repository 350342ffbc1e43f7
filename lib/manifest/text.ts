import { z } from "zod";

/** Looks up what differs between environments in the step's `variables`. */
const variable = z.strictObject({ variable: z.string().min(1) });

/** Looks up what must not be written down (a password, a URL that holds one) in the environment of the process. */
const environmentVariable = z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) });

const key = z.string().min(1).optional();

/**
 * Fetches what must not be written down from a secret store, where it is used.
 *
 * @param id how the secret is named
 */
export const storedSecretNamedBy = <Id extends z.ZodType>(id: Id) =>
  z.strictObject({
    secret: z.discriminatedUnion("store", [
      /** AWS Secrets Manager: by name or ARN. */
      z.strictObject({ store: z.literal("aws"), id, key, versionStage: z.string().min(1).optional() }),
      /** Google Secret Manager: `projects/<project>/secrets/<name>`. */
      z.strictObject({ store: z.literal("google"), id, key, version: z.string().min(1).optional() }),
    ]),
  });

/** The name of a secret is no secret, but differs between environments. */
const storedSecret = storedSecretNamedBy(z.union([z.string().min(1), variable]));
export type StoredSecret = z.infer<typeof storedSecret>;

/**
 * A text in a program: written out, or named and looked up where the step runs.
 *
 * Values that differ between environments and secrets are always named: that is what lets the same program, with the
 * same checksum, be proved in staging and applied to production.
 */
export const text = z.union([z.string(), variable, environmentVariable, storedSecret]);
export type Text = z.infer<typeof text>;

/** A text as the plan shows it: written out, or by the name of its reference. Looks nothing up. */
export function describeText(text: Text): string {
  if (typeof text === "string") return text;
  if ("variable" in text) return `\${${text.variable}}`;
  if ("env" in text) return `$${text.env}`;
  const { id, key } = text.secret;
  return `secret ${describeText(id)}${key === undefined ? "" : `, key ${key}`}`;
}
