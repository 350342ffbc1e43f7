import { z } from "zod";
import { check, checks } from "../../manifest/program";
import { text } from "../../manifest/text";

/** SQL statements against a PostgreSQL database. */
export const sqlProgram = z.strictObject({
  kind: z.literal("sql"),
  database: text,
  /** `false` for statements that PostgreSQL refuses inside a transaction, such as `CREATE INDEX CONCURRENTLY`. */
  transaction: z.boolean().default(true),
  /** Seconds that a statement of `up` or `down` waits for a lock; 0 waits without limit. */
  lockTimeout: z.number().min(0).max(2_147_483).optional(),
  up: z.string().min(1),
  down: z.string().min(1).optional(),
  verify: checks.min(1),
  probe: check.optional(),
});
export type SqlProgram = z.infer<typeof sqlProgram>;
