import { existsSync } from "node:fs";
import { join } from "node:path";
import { byText, DirectoryReader, type DirectoryReading, namesIn, titleOf } from "./layout";

/** https://github.com/diesel-rs/diesel/blob/master/diesel_migrations/src/file_based_migrations.rs */
export const isDiesel = (directory: string): boolean => existsSync(join(directory, "up.sql"));

/**
 * A directory for each migration, with `up.sql`, often `down.sql`, and `metadata.toml` if it runs without a
 * transaction.
 */
export function readDiesel(directory: string): DirectoryReading {
  const reader = new DirectoryReader();
  const { files, directories } = namesIn(directory);
  reader.ignored.push(...files.map((name) => join(directory, name)));
  const seen = new Map<string, string>();
  for (const name of directories) {
    const path = join(directory, name);
    const inside = namesIn(path).files;
    if (inside.length === 0) {
      reader.ignored.push(path);
      continue;
    }
    const [, number = "", title = ""] = /^([^_]*)_?(.*)$/.exec(name)!;
    const version = number.replaceAll("-", "");
    const other = seen.get(version);
    seen.set(version, name);
    if (other !== undefined) reader.refuse(path, `it has the version ${version}, which ${other} has already`);
    if (!inside.includes("up.sql")) {
      reader.refuse(path, "it has no `up.sql`; diesel takes the directory for a migration that is broken");
      continue;
    }
    const up = reader.read(join(path, "up.sql"));
    if (up?.sql.trim() === "") reader.refuse(up.path, "it is empty, and diesel refuses an empty migration");
    else if (up !== undefined) {
      reader.files.push({
        version,
        title: titleOf(title),
        up,
        down: inside.includes("down.sql") ? reader.read(join(path, "down.sql")) : undefined,
        transaction: inside.includes("metadata.toml") ? transactionOf(join(path, "metadata.toml"), reader) : undefined,
        history: { tool: "diesel", table: "__diesel_schema_migrations", version },
      });
    }
  }
  reader.files.sort((a, b) => byText(a.version, b.version));
  return reader;
}

/** A file without the key means false: that is how diesel reads a missing boolean. */
function transactionOf(path: string, reader: DirectoryReader): boolean | undefined {
  const text = reader.read(path)?.sql ?? "";
  const [, value] = /^[ \t]*run_in_transaction[ \t]*=[ \t]*(true|false)[ \t]*(?:#.*)?$/m.exec(text) ?? [];
  return value === "true";
}
