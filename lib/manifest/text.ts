import { z } from "zod";

/** Looks up a value that differs between environments in the step's `variables`. */
const variable = z.strictObject({ variable: z.string().min(1) });

/**
 * Looks up a value that must not be stored (a password, or a URL that contains one) in the environment of the process.
 */
const environmentVariable = z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) });

const key = z.string().min(1).optional();

/**
 * Fetches a value that must not be stored from a secret store, where it is used.
 *
 * @param id schema of the secret's name
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

/** The name of a secret is not secret, but differs between environments. */
const storedSecret = storedSecretNamedBy(z.union([z.string().min(1), variable]));
export type StoredSecret = z.infer<typeof storedSecret>;

/**
 * A text in a program: a literal, or a reference that is resolved where the step runs.
 *
 * Secrets and values that differ between environments are always references, so that the same program, with the same
 * checksum, can be proved in staging and applied to production.
 */
export const text = z.union([z.string(), variable, environmentVariable, storedSecret]);
export type Text = z.infer<typeof text>;

/** A value that must not be stored: a reference to it, never a literal or a variable, which is written to the state. */
export const secretText = z.union([environmentVariable, storedSecret]);

/** A text for the plan: the literal, or the name of its reference. Resolves nothing. */
export function describeText(text: Text): string {
  if (typeof text === "string") return text;
  if ("variable" in text) return `\${${text.variable}}`;
  if ("env" in text) return `$${text.env}`;
  const { id, key } = text.secret;
  return `secret ${describeText(id)}${key === undefined ? "" : `, key ${key}`}`;
}
