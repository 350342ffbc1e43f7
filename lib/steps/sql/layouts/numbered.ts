import { join } from "node:path";
import { byNumber, DirectoryReader, type DirectoryReading, namesIn, type SqlPart, titleOf } from "./layout";

const NAME = /^(\d+)(?:[-_. ]+(.*?))?(\.(?:down|undo|rollback))?\.sql$/i;

/** Markers of tools that keep the rollback in the same file: as plain SQL it would run right after the migration. */
const FOREIGN_MARKERS: readonly (readonly [RegExp, string])[] = [
  [/^--\s*\+goose\s+down\b/i, "goose"],
  [/^--\s*\+migrate\s+down\b/i, "sql-migrate"],
  [/^\s*--[\s-]*down\s+migration/i, "node-pg-migrate"],
  [/^---- create above \/ drop below ----/i, "tern"],
  [/^--\s*migrate:down\b/i, "dbmate"],
  [/^--\s*liquibase\s+formatted/i, "Liquibase"],
];

export const isNumbered = (name: string): boolean => NAME.test(name);

/** `<number>_<title>.sql` in numeric order, each with an optional `<number>_<title>.down.sql`. */
export function readNumbered(directory: string): DirectoryReading {
  const reader = new DirectoryReader();
  const ups = new Map<string, { name: string; title: string }>();
  const downs = new Map<string, string>();
  for (const name of namesIn(directory).files) {
    const [, digits, title = "", back] = NAME.exec(name) ?? [];
    const path = join(directory, name);
    if (digits === undefined) {
      reader.ignored.push(path);
      continue;
    }
    const version = BigInt(digits).toString();
    const other = back === undefined ? ups.get(version)?.name : downs.get(version);
    if (other !== undefined) reader.refuse(path, `it has the number ${version}, which ${other} has already`);
    else if (back === undefined) ups.set(version, { name, title });
    else downs.set(version, name);
  }
  for (const [version, { name, title }] of [...ups].sort(([a], [b]) => byNumber(a, b))) {
    const up = readPlain(join(directory, name), reader);
    const down = downs.get(version);
    downs.delete(version);
    const back = down === undefined ? undefined : readPlain(join(directory, down), reader);
    if (up !== undefined) reader.files.push({ version, title: titleOf(title), up, down: back });
  }
  for (const [version, name] of downs) {
    reader.refuse(join(directory, name), `it is the way back of ${version}, and there is no file with that number`);
  }
  return reader;
}

function readPlain(path: string, reader: DirectoryReader): SqlPart | undefined {
  const part = reader.read(path);
  for (const [index, line] of part?.sql.split("\n").entries() ?? []) {
    const [, tool] = FOREIGN_MARKERS.find(([marker]) => marker.test(line)) ?? [];
    if (tool === undefined) continue;
    const cure =
      tool === "dbmate"
        ? 'write `layout: "dbmate"`'
        : "move the way back to a file of its own, <number>_<title>.down.sql";
    return reader.refuse(
      path,
      `"${line.trim()}" is a mark of ${tool}, and means nothing in plain SQL; ${cure}`,
      index + 1,
    );
  }
  return part;
}
