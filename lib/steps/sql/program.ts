import { z } from "zod";
import { check, checks } from "../../manifest/program";
import { text } from "../../manifest/text";

const table = z.string().min(1);
const version = z.string().min(1);

/** How the table of the tool that ran SQL migrations before identifies one of them. */
const history = z.discriminatedUnion("tool", [
  /** One row: the newest applied version, and whether it failed halfway. */
  z.strictObject({ tool: z.literal("golang-migrate"), table, version }),
  /** One row for each applied version. */
  z.strictObject({ tool: z.enum(["dbmate", "diesel"]), table, version }),
  /** One row for each run. A repeatable migration has a description instead of a version. */
  z.strictObject({
    tool: z.literal("flyway"),
    table,
    version: version.optional(),
    description: z.string().optional(),
    checksum: z.int(),
  }),
  /** The newest revision of each branch, whose ancestors were applied too. */
  z.strictObject({ tool: z.literal("alembic"), table, version, parents: z.array(version) }),
  /** No tool has a table, and the effect of the file does not show in the catalog. */
  z.strictObject({ tool: z.literal("none") }),
]);
export type SqlHistory = z.infer<typeof history>;

/** SQL statements against a PostgreSQL database. */
export const sqlProgram = z.strictObject({
  kind: z.literal("sql"),
  database: text,
  /** `false` for statements that PostgreSQL refuses inside a transaction, such as `CREATE INDEX CONCURRENTLY`. */
  transaction: z.boolean().default(true),
  /** Seconds that a statement of `up` or `down` waits for a lock. 0 waits without limit. */
  lockTimeout: z.number().min(0).max(2_147_483).optional(),
  up: z.string().min(1),
  down: z.string().min(1).optional(),
  verify: checks.min(1),
  probe: check.optional(),
  /** Where `sterna adopt` checks whether another tool applied the change. */
  history: history.optional(),
  /** Verify queries of earlier steps whose answer is unknown after this one. */
  supersedes: z.array(z.string()).optional(),
});
export type SqlProgram = z.infer<typeof sqlProgram>;
