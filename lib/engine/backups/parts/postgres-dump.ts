import { EngineError } from "../../engine-error";
import type { BackupContext } from "../backup-context";
import { runProgram } from "../run-program";

/** The name of the table in pg_dump's `COPY schema.table (columns) FROM stdin;`. */
const COPY = /^COPY ((?:"(?:[^"]|"")*"|[^\s".]+)\.(?:"(?:[^"]|"")*"|[^\s".]+)) .*FROM stdin;$/;
const END_OF_ROWS = "\\.";

/**
 * Reads a dump to its end, and counts the rows in it. The list of contents alone would not do: it stands at the front,
 * and `pg_restore --list` takes a file that was cut off behind it.
 *
 * @returns rows by table, named as `format('%I.%I', schema, table)` does
 * @throws EngineError `BackupUnreadable`
 */
export async function countDumpedRows(file: string, context: BackupContext): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let table: string | undefined;
  await runProgram("pg_restore", ["--section=data", "--file=-", file], context, {
    failure: "BackupUnreadable",
    onLine: (line) => {
      if (table === undefined) {
        table = COPY.exec(line)?.[1];
        if (table !== undefined) counts[table] ??= 0;
      } else if (line === END_OF_ROWS) {
        table = undefined;
      } else {
        counts[table]! += 1;
      }
    },
  });
  if (table === undefined) return counts;
  throw new EngineError("BackupUnreadable", `${file} ends in the middle of the rows of ${table}`);
}
