import type { CheckResult } from "../../manifest/step-checks";
import { resolve } from "node:path";
import { DocumentTable, type ImportedRow } from "./document-table";
import { type DocumentFile, digestsOf, readAgain, readDocuments } from "./read-documents";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import {
  byUtf8Bytes,
  formatBytes,
  type ManifestEntry,
  type ManifestTotals,
  totalsOf,
} from "../../engine/files/file-manifest";
import type { Artifact } from "../../manifest/step-record";
import { describeText } from "../../manifest/text";
import type { DatabaseContext, TransactionalStepKind } from "../../engine/step-kind";
import { countsIn } from "../describe";
import { documentsProgram, type DocumentsProgram } from "./program";

/**
 * Imports the JSON documents of a directory into the rows of a table, byte for byte, all or none. Every document is
 * checked before the first one is written. Undoing it deletes the rows, unless one was changed since, because that
 * would lose data.
 */
export const documentsKind: TransactionalStepKind<DocumentsProgram> = {
  kind: "documents",
  schema: documentsProgram,
  effectless: false,
  database: (program) => program.database,
  inTransaction: () => true,

  preview: (program) => [
    `import: ${describeText(program.directory)}/**/*${program.suffix} into ${program.table}, with the key ${program.key}`,
    "verify: count, bytes and sha256 of all documents",
  ],

  undo: (program, artifact) => [
    `undo: delete the rows that it imported into ${program.table} of ${describeText(program.database)}${countsIn(artifact)}`,
  ],

  loss: (program, since) => `lost: nothing; a row of ${program.table} that was changed ${since} stops the rollback`,

  async probe(program, context) {
    const table = new DocumentTable(context.client, program.table);
    // Without rows, the directory is irrelevant and may be missing: this also runs after a rollback.
    if (!(await table.exists()) || (await table.rows(context.stepId, program.key)).length === 0) return false;
    const results = await compare(program, context, undefined);
    return results.every(({ expected, actual }) => expected === actual);
  },

  async up(program, context) {
    const table = new DocumentTable(context.client, program.table);
    await table.assertSuitable();
    const directory = resolve(context.resolve(program.directory));
    const files = await readSource(program, context);
    const absent = await withoutImported(table, files, context.stepId);
    let written = files.length - absent.length;
    for await (const batch of readAgain(directory, absent, context.signal)) {
      await table.insert(
        batch.map(({ text, ...row }) => ({ ...row, document: text })),
        context.stepId,
      );
      written += batch.length;
      context.progress(`${written}/${files.length} documents`, (100 * written) / files.length);
    }
    const totals = totalsOf(files.map(asEntry));
    context.progress(`${totals.files} documents, ${formatBytes(totals.bytes)}`);
    return { documents: totals.files, bytes: totals.bytes, sha256: totals.sha256 };
  },

  verify: (program, context, artifact) => compare(program, context, artifact),

  async down(program, context) {
    const table = new DocumentTable(context.client, program.table);
    if (!(await table.exists())) return;
    const changed = await table.deleteUnchanged(context.stepId);
    if (changed.length === 0) return;
    throw new EngineError(
      "RollbackFailed",
      `${changed.length} rows of ${table.name} were changed since they were imported, and would be lost: ` +
        `${someOf(changed)}. Save them, then set their imported_by to another name so that they stay, or delete them`,
    );
  },
};

async function readSource(program: DocumentsProgram, context: DatabaseContext): Promise<DocumentFile[]> {
  const directory = resolve(context.resolve(program.directory));
  return readDocuments(context.client, { directory, suffix: program.suffix, field: program.key }, context.signal);
}

/**
 * The files without a row.
 * @throws EngineError `TargetConflict` when a key is used by another document, or by one from another source
 */
async function withoutImported(
  table: DocumentTable,
  files: readonly DocumentFile[],
  stepId: string,
): Promise<DocumentFile[]> {
  const taken = new Map((await table.taken(files.map(({ key }) => key))).map((row) => [row.key, row]));
  const conflicts = files.flatMap(({ key, sha256 }) => {
    const row = taken.get(key);
    if (row === undefined || (row.importedBy === stepId && row.sha256 === sha256)) return [];
    return [`${key} (${row.sha256 === sha256 ? "same" : "other"} content, imported by ${row.importedBy ?? "nobody"})`];
  });
  if (conflicts.length > 0) {
    throw new EngineError(
      "TargetConflict",
      `${conflicts.length} keys of ${table.name} are taken: ${someOf(conflicts)}; nothing was written. ` +
        "Import into an empty table, or move these rows away",
    );
  }
  return files.filter(({ key }) => !taken.has(key));
}

/** Compares the files, read again, with the rows in PostgreSQL. */
async function compare(
  program: DocumentsProgram,
  context: DatabaseContext,
  artifact: Artifact | undefined,
): Promise<CheckResult[]> {
  const table = new DocumentTable(context.client, program.table);
  await table.assertSuitable();
  const rows = await table.rows(context.stepId, program.key);
  const is = totalsOf(rows.map(asEntry));
  const isSame = await areFilesOf(rows, program, context);
  const { totals: right, entries } = isSame ? { totals: is } : await expectation(program, context, artifact);
  const place = `${table.name} imported by ${context.stepId}`;
  const results = [
    { query: `rows of ${place}`, expected: String(right.files), actual: String(is.files) },
    { query: `bytes of ${place}`, expected: String(right.bytes), actual: String(is.bytes) },
    { query: `sha256 over ${place}`, expected: right.sha256, actual: is.sha256 },
  ];
  if (right.sha256 === is.sha256 || entries === undefined) return results;
  const actual = differences(entries, new Map(rows.map(({ key, sha256 }) => [key, sha256])));
  return [...results, { query: `missing, extra or different rows of ${place}`, expected: "none", actual }];
}

/** Whether each file has its row, and each row its file. PostgreSQL need not parse the files again to tell that. */
async function areFilesOf(
  rows: readonly ImportedRow[],
  { directory, suffix }: DocumentsProgram,
  context: DatabaseContext,
): Promise<boolean> {
  const byPath = new Map(rows.map((row) => [row.path, row]));
  let files = 0;
  try {
    const source = { directory: resolve(context.resolve(directory)), suffix };
    for await (const { path, sha256 } of digestsOf(source, context.signal)) {
      const row = byPath.get(path);
      if (row === undefined || row.sha256 !== sha256 || !row.hasKey) return false;
      files++;
    }
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
  return files === rows.length;
}

/** The current directory or, once it was retired, the totals in the artifact. */
async function expectation(
  program: DocumentsProgram,
  context: DatabaseContext,
  artifact: Artifact | undefined,
): Promise<{ totals: ManifestTotals; entries?: readonly ManifestEntry[] }> {
  try {
    const entries = (await readSource(program, context)).map(asEntry);
    return { totals: totalsOf(entries), entries };
  } catch (error) {
    const missing = error instanceof EngineError && error.code === "SourceMissing";
    if (!missing || artifact === undefined) throw error;
    context.progress("the directory is gone; compares with what was recorded about it");
    const { documents, bytes, sha256 } = artifact;
    return { totals: { files: Number(documents), bytes: Number(bytes), sha256: String(sha256) } };
  }
}

/** Keys name the documents on both sides; paths exist on one only. */
function asEntry({ key, size, sha256 }: Pick<DocumentFile, "key" | "size" | "sha256">): ManifestEntry {
  return { path: key, size, sha256 };
}

function differences(expected: readonly ManifestEntry[], actual: ReadonlyMap<string, string>): string {
  const right = new Map(expected.map(({ path, sha256 }) => [path, sha256]));
  const keys = [...new Set([...right.keys(), ...actual.keys()])];
  return someOf(keys.filter((key) => right.get(key) !== actual.get(key)).sort(byUtf8Bytes));
}
