import { join } from "node:path";
import { DirectoryReader, type DirectoryReading, namesIn, type SqlPart, titleOf } from "./layout";

/** https://github.com/amacneil/dbmate/blob/main/pkg/dbmate/migration.go */
const NAME = /^(\d+)(.*)\.sql$/;
const MARKER = /^--\s*migrate:(up|down)(?:\s+(.*?))?\s*$/;
const BLANK = /^\s*(--.*)?$/;

export const isDbmateText = (sql: string): boolean => sql.split("\n").some((line) => MARKER.test(line));

interface Block {
  readonly direction: "up" | "down";
  readonly options: string;
  readonly line: number;
  readonly lines: string[];
}

/** `<version>_<title>.sql` with a block after `-- migrate:up` and one after `-- migrate:down`, in the order of the names. */
export function readDbmate(directory: string): DirectoryReading {
  const reader = new DirectoryReader();
  const seen = new Map<string, string>();
  for (const name of namesIn(directory).files) {
    const [, version, title = ""] = NAME.exec(name) ?? [];
    const path = join(directory, name);
    if (version === undefined) {
      reader.ignored.push(path);
      continue;
    }
    const other = seen.get(version);
    if (other !== undefined) reader.refuse(path, `it has the version ${version}, which ${other} has already`);
    seen.set(version, name);
    const text = reader.read(path);
    const parts = text && readBlocks(text, reader);
    if (parts === undefined) continue;
    reader.files.push({
      version,
      title: titleOf(title),
      ...parts,
      history: { tool: "dbmate", table: "schema_migrations", version },
    });
  }
  return reader;
}

function readBlocks(
  { path, sql }: SqlPart,
  reader: DirectoryReader,
): { up: SqlPart; down: SqlPart; transaction: boolean | undefined } | undefined {
  const blocks: Block[] = [];
  for (const [index, line] of sql.split("\n").entries()) {
    const [, direction, options = ""] = MARKER.exec(line) ?? [];
    const open = blocks.at(-1);
    if (direction !== undefined) {
      blocks.push({ direction: direction as Block["direction"], options, line: index + 2, lines: [] });
    } else if (open !== undefined) {
      open.lines.push(line);
    } else if (!BLANK.test(line)) {
      return reader.refuse(path, "dbmate does not support statements preceding the '-- migrate:up' block", index + 1);
    }
  }
  const ups = blocks.filter(({ direction }) => direction === "up");
  const downs = blocks.filter(({ direction }) => direction === "down");
  if (ups.length === 0) return reader.refuse(path, "it has no block that begins with `-- migrate:up`");
  if (downs.length === 0)
    return reader.refuse(path, "it has no block that begins with `-- migrate:down`; it may be empty");
  const early = blocks.find(({ direction }, index) => (direction === "up") !== (index % 2 === 0));
  if (early !== undefined) {
    const instead = "each `-- migrate:up` needs one `-- migrate:down` after it";
    return reader.refuse(path, `\`-- migrate:${early.direction}\` is out of order; ${instead}`, early.line - 1);
  }
  const isAlone = blocks.some(({ options }) => /(^|\s)transaction:false(\s|$)/.test(options));
  return {
    up: together(path, ups),
    down: together(path, [...downs].reverse()),
    transaction: isAlone ? false : undefined,
  };
}

function together(path: string, blocks: readonly Block[]): SqlPart {
  return { path, line: blocks[0]!.line, sql: blocks.map(({ lines }) => lines.join("\n")).join("\n") };
}
