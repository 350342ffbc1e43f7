import { z } from "zod";
import { text } from "./text";

/** Prefix of the keys of a ledger. */
const prefix = z
  .string()
  .regex(/^([^/]+\/)*$/, 'must be empty or end with one slash, and not begin with one: "sterna/"')
  .default("sterna/");

/** The ledger of a stack: the JSON in the provider's `ledger` argument or in the variable `STERNA_LEDGER`. */
export const ledgerConfig = z.discriminatedUnion("kind", [
  /** One JSON file per step in a directory, for one machine. */
  z.strictObject({ kind: z.literal("file"), directory: z.string().min(1) }),
  /** A table in a PostgreSQL database. `url` is a reference, since it contains a password. */
  z.strictObject({
    kind: z.literal("postgres"),
    url: text,
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*$/)
      .default("sterna"),
  }),
  /** One object per step in an Amazon S3 bucket, or in a store that supports its conditional writes. */
  z.strictObject({ kind: z.literal("s3"), bucket: z.string().min(1), prefix, region: z.string().min(1).optional() }),
  /** One object per step in a Google Cloud Storage bucket. */
  z.strictObject({ kind: z.literal("gcs"), bucket: z.string().min(1), prefix }),
]);
export type LedgerConfig = z.infer<typeof ledgerConfig>;
