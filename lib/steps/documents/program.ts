import { z } from "zod";
import { text } from "../../manifest/text";

/** JSON documents of a directory into the rows of a PostgreSQL table, one document a row, byte for byte. */
export const documentsProgram = z.strictObject({
  kind: z.literal("documents"),
  directory: text,
  /** Ending of the file names that are documents. Hidden files count too. */
  suffix: z.string().default(".json"),
  database: text,
  /** Table with the columns `key text primary key`, `document json`, `sha256 text`, `path text`, `imported_by text`. */
  table: z.string().regex(/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/),
  /** Top-level field of a document that names its row. */
  key: z.string().min(1),
});
export type DocumentsProgram = z.infer<typeof documentsProgram>;
