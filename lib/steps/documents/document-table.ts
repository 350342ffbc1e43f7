import { escapeIdentifier, type ClientBase } from "pg";
import { EngineError } from "../../engine/engine-error";

/** Required columns of a table of documents. It may have more. */
const COLUMNS = { key: "text", document: "json", sha256: "text", path: "text", imported_by: "text" } as const;

/** sha256 of a document exactly as it was written. `json` preserves the text, which `jsonb` would not. */
const DOCUMENT_SHA256 = "encode(sha256(convert_to(document::text, 'UTF8')), 'hex')";

/** A row to insert. */
export interface DocumentRow {
  readonly key: string;
  readonly document: string;
  readonly sha256: string;
  readonly path: string;
}

/** A row that was imported, as it is now. */
export interface ImportedRow {
  readonly key: string;
  readonly path: string;
  /** Of the document, in bytes. */
  readonly size: number;
  /** Of the document. */
  readonly sha256: string;
  /** Whether the key is that of the document. */
  readonly hasKey: boolean;
}

/** The table that stores imported documents, one per row, and which step imported them. */
export class DocumentTable {
  private readonly quoted: string;

  /** @param name lower-case, with or without its schema */
  constructor(
    private readonly client: ClientBase,
    readonly name: string,
  ) {
    this.quoted = name.split(".").map(escapeIdentifier).join(".");
  }

  async exists(): Promise<boolean> {
    const { rows } = await this.client.query("select to_regclass($1) is not null as found", [this.quoted]);
    return rows[0].found;
  }

  /** @throws EngineError `TableUnsuitable`, with the necessary DDL, when the table or one of its columns is missing */
  async assertSuitable(): Promise<void> {
    const { rows } = await this.client.query<{ name: string; type: string; unique: boolean }>(
      `select a.attname as name, format_type(a.atttypid, null) as type,
         exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and i.indisvalid
           and i.indpred is null and i.indnkeyatts = 1 and i.indkey[0] = a.attnum) as unique
       from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped`,
      [this.quoted],
    );
    const types = new Map(rows.map(({ name, type }) => [name, type]));
    const problems = Object.entries(COLUMNS)
      .filter(([name, type]) => types.get(name) !== type)
      .map(([name, type]) => `${name} is ${types.get(name) ?? "missing"} instead of ${type}`);
    if (rows.length > 0 && !rows.some(({ name, unique }) => name === "key" && unique)) {
      problems.push("key is no primary key");
    }
    if (problems.length > 0) {
      const found = rows.length === 0 ? "does not exist" : `does not fit: ${problems.join(", ")}`;
      throw new EngineError(
        "TableUnsuitable",
        `the table ${this.name} ${found}. Create it in an earlier step: ${this.ddl()}`,
      );
    }
    await this.assertUtf8();
  }

  /** Keys that exist, with the sha256 of their documents and which step imported them. */
  async taken(keys: readonly string[]): Promise<{ key: string; sha256: string; importedBy: string | null }[]> {
    const { rows } = await this.client.query(
      `select key, ${DOCUMENT_SHA256} as sha256, imported_by as "importedBy" from ${this.quoted} where key = any($1)`,
      [keys],
    );
    return rows;
  }

  async insert(rows: readonly DocumentRow[], importedBy: string): Promise<void> {
    await this.client.query(
      `insert into ${this.quoted} (key, document, sha256, path, imported_by)
       select k, d::json, s, p, $5 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t (k, d, s, p)`,
      [
        rows.map((r) => r.key),
        rows.map((r) => r.document),
        rows.map((r) => r.sha256),
        rows.map((r) => r.path),
        importedBy,
      ],
    );
  }

  /**
   * The rows of a step as they are now.
   *
   * @param field top-level field of the documents that contains the keys
   */
  async rows(importedBy: string, field: string): Promise<ImportedRow[]> {
    const { rows } = await this.client.query(
      `select key, path, octet_length(document::text) as size, ${DOCUMENT_SHA256} as sha256,
         document ->> $2 is not distinct from key as "hasKey"
       from ${this.quoted} where imported_by = $1`,
      [importedBy, field],
    );
    return rows;
  }

  /**
   * Deletes the rows whose documents are unchanged since the import. A single statement, so that PostgreSQL rechecks a
   * row that another session changes concurrently.
   *
   * @returns the keys of the rows that stay because they were changed
   */
  async deleteUnchanged(importedBy: string): Promise<string[]> {
    await this.client.query(`delete from ${this.quoted} where imported_by = $1 and sha256 = ${DOCUMENT_SHA256}`, [
      importedBy,
    ]);
    const { rows } = await this.client.query(
      `select key from ${this.quoted} where imported_by = $1 order by key collate "C"`,
      [importedBy],
    );
    return rows.map(({ key }) => key);
  }

  private ddl(): string {
    const columns = Object.entries(COLUMNS).map(
      ([name, type]) => `${name} ${type} ${name === "key" ? "PRIMARY KEY" : "NOT NULL"}`,
    );
    return `CREATE TABLE ${this.name} (${columns.join(", ")});`;
  }

  private async assertUtf8(): Promise<void> {
    const { rows } = await this.client.query("select current_setting('server_encoding') as encoding");
    if (rows[0].encoding !== "UTF8") {
      throw new EngineError(
        "TableUnsuitable",
        `the database is encoded in ${rows[0].encoding}; JSON needs UTF8 (RFC 8259)`,
      );
    }
  }
}
