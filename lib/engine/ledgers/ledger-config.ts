import { z } from "zod";
import { text } from "../text";

/** Which ledger a stack uses: the JSON in the provider's `ledger` argument or in the variable `STERNA_LEDGER`. */
export const ledgerConfig = z.discriminatedUnion("kind", [
  /** One JSON file per step in a directory; for one machine. */
  z.strictObject({ kind: z.literal("file"), directory: z.string().min(1) }),
  /** A table in a PostgreSQL database. `url` is a reference, since it holds a password. */
  z.strictObject({
    kind: z.literal("postgres"),
    url: text,
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*$/)
      .default("sterna"),
  }),
]);
export type LedgerConfig = z.infer<typeof ledgerConfig>;
