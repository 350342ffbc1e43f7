import { z } from "zod";
import { text } from "../../manifest/text";

/** Imports JSON documents of a directory into a PostgreSQL table, one document per row, byte for byte. */
export const documentsProgram = z.strictObject({
  kind: z.literal("documents"),
  directory: text,
  /** File name suffix of documents. Hidden files count too. */
  suffix: z.string().default(".json"),
  database: text,
  /** Table with the columns `key text primary key`, `document json`, `sha256 text`, `path text`, `imported_by text`. */
  table: z.string().regex(/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/),
  /** Top-level field of a document that contains the key of its row. */
  key: z.string().min(1),
});
export type DocumentsProgram = z.infer<typeof documentsProgram>;
