import { join } from "node:path";
import { byNumber, DirectoryReader, type DirectoryReading, namesIn, titleOf } from "./layout";

/** https://github.com/golang-migrate/migrate/blob/master/source/parse.go */
const NAME = /^([0-9]+)_(.*)\.(down|up)\.(.*)$/;

export const isGolangMigrate = (name: string): boolean => NAME.test(name);

interface Pair {
  title: string;
  up?: string;
  down?: string;
}

/** `<version>_<title>.up.sql` and `<version>_<title>.down.sql`. Either of them may be missing or empty. */
export function readGolangMigrate(directory: string): DirectoryReading {
  const reader = new DirectoryReader();
  const pairs = new Map<string, Pair>();
  for (const name of namesIn(directory).files) {
    const [, digits, title = "", direction] = NAME.exec(name) ?? [];
    if (digits === undefined) {
      reader.ignored.push(join(directory, name));
      continue;
    }
    // Leading zeros do not count.
    const version = BigInt(digits).toString();
    const pair: Pair = pairs.get(version) ?? { title };
    const other = pair[direction as "up" | "down"];
    pairs.set(version, pair);
    if (other === undefined) pair[direction as "up" | "down"] = name;
    else reader.refuse(join(directory, name), `it has the version ${version}, which ${other} has already`);
  }
  for (const [version, { title, up, down }] of [...pairs].sort(([a], [b]) => byNumber(a, b))) {
    const text = up === undefined ? undefined : reader.read(join(directory, up));
    const back = down === undefined ? undefined : reader.read(join(directory, down));
    if (up !== undefined && text === undefined) continue;
    reader.files.push({
      version,
      title: titleOf(title),
      // A version without `up` counts, but runs nothing.
      up: text ?? { path: join(directory, down!), line: 1, sql: "" },
      down: back,
      history: { tool: "golang-migrate", table: "schema_migrations", version },
    });
  }
  return reader;
}
