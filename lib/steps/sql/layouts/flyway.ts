import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { byNumber, byText, DirectoryReader, type DirectoryReading, namesIn, type SqlPart } from "./layout";

/** https://documentation.red-gate.com/fd/migrations-184127470.html, "Naming" */
const NAME = /^([VURB])(.*?)(?:__(.*))?\.sql$/is;
const PREFIX = /^[VURB]/;
/** Migrations that are programs, which only Flyway can run. */
const PROGRAM = /^[VU]\d[\d._]*__.*\.(java|kt|class|py|ps1|sh|bash|bat|cmd)$/;
const PLACEHOLDER = /\$\{([^{}\n]+)\}/g;

export const isFlyway = (name: string): boolean => PREFIX.test(name) && /^[VURB].*__.*\.sql$/is.test(name);

interface Named {
  readonly path: string;
  readonly description: string;
}

/** The version as Flyway compares it: numbers between dots, without insignificant zeros. */
export function flywayVersion(text: string): string | undefined {
  const parts = text.replaceAll("_", ".").split(".");
  if (!parts.every((part) => /^\d+$/.test(part))) return undefined;
  const numbers = parts.map((part) => BigInt(part).toString());
  while (numbers.length > 1 && numbers.at(-1) === "0") numbers.pop();
  return numbers.join(".");
}

/** The checksum that Flyway writes to its table: over the lines, without line breaks. */
export function flywayChecksum(text: string): number {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  return ~Buffer.from(lines.join("")).reduce(addToChecksum, -1);
}

/** CRC-32 (ISO 3309). `node:zlib` has it since 20.15, and Sterna runs on 20.12. */
function addToChecksum(checksum: number, byte: number): number {
  let sum = checksum ^ byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  return sum;
}

/**
 * `V<version>__<description>.sql` by version, then `R__<description>.sql` by description. `U<version>__….sql` undoes a
 * version, `B<version>__….sql` is a baseline, which is used only if the migrations that it replaces are missing.
 *
 * @param placeholders values of `${name}`; `false` to keep such text as is
 */
export function readFlyway(
  directory: string,
  placeholders: Readonly<Record<string, string>> | false = {},
): DirectoryReading {
  const reader = new DirectoryReader();
  const kinds: Record<"V" | "U" | "B", Map<string, Named>> = { V: new Map(), U: new Map(), B: new Map() };
  const repeatables: Named[] = [];
  for (const path of walk(directory, reader)) {
    const name = basename(path);
    if (PROGRAM.test(name)) {
      reader.refuse(path, "it is a program that only Flyway can run; write what it does as SQL, or as a CommandStep");
      continue;
    }
    const [, prefix = "", version = "", description = ""] = PREFIX.test(name) ? (NAME.exec(name) ?? []) : [];
    const named = { path, description: description.replaceAll("_", " ") };
    if (prefix === "R" && version === "") repeatables.push(named);
    else if (prefix === "" || (prefix === "R" && version !== "")) reader.ignored.push(path);
    else addVersion(kinds[prefix as "V" | "U" | "B"], version, named, reader);
  }
  chooseBaseline(kinds.V, kinds.B, reader);
  const text = (path: string): SqlPart | undefined => replacePlaceholders(reader.read(path), placeholders, reader);
  for (const [version, { path, description }] of [...kinds.V].sort(([a], [b]) => byVersion(a, b))) {
    const up = text(path);
    const back = kinds.U.get(version);
    kinds.U.delete(version);
    const down = back && text(back.path);
    if (up === undefined) continue;
    const checksum = flywayChecksum(reader.read(path)!.sql);
    const history = { tool: "flyway", table: "flyway_schema_history", version, checksum } as const;
    reader.files.push({ version, title: description, up, down, transaction: transactionOf(path, reader), history });
  }
  for (const [version, { path }] of kinds.U) {
    reader.refuse(path, `it undoes version ${version}, and there is no V${version}__….sql`);
  }
  repeatables.sort((a, b) => byText(a.description, b.description));
  for (const [index, { path, description }] of repeatables.entries()) {
    const up = text(path);
    if (repeatables[index - 1]?.description === description) {
      reader.refuse(path, `it is called "${description}", as ${basename(repeatables[index - 1]!.path)} is`);
    }
    if (up === undefined) continue;
    const checksum = flywayChecksum(up.sql);
    reader.files.push({
      version: description,
      title: description,
      up,
      transaction: transactionOf(path, reader),
      repeatable: (checksum >>> 0).toString(16).padStart(8, "0"),
      history: { tool: "flyway", table: "flyway_schema_history", description, checksum },
    });
  }
  return reader;
}

function* walk(directory: string, reader: DirectoryReader): Generator<string> {
  const { files, directories } = namesIn(directory);
  for (const name of files) {
    const path = join(directory, name);
    if (/\.sql$/i.test(name) || PROGRAM.test(name)) yield path;
    else if (!/\.sql\.conf$/i.test(name)) reader.ignored.push(path);
  }
  for (const name of directories) yield* walk(join(directory, name), reader);
}

function addVersion(known: Map<string, Named>, text: string, named: Named, reader: DirectoryReader): void {
  const version = flywayVersion(text);
  if (version === undefined) {
    // Without a description it may be any file, such as `Views.sql`, which Flyway ignores as well.
    if (named.description === "") return void reader.ignored.push(named.path);
    return reader.refuse(
      named.path,
      `"${text}" is no version for Flyway; write digits, with dots or underscores between`,
    );
  }
  const other = known.get(version);
  if (other === undefined) known.set(version, named);
  else reader.refuse(named.path, `it has the version ${version}, which ${basename(other.path)} has already`);
}

/**
 * On an empty database, Flyway runs the newest baseline instead of the migrations that it replaces. Both have the same
 * result.
 */
function chooseBaseline(versions: Map<string, Named>, baselines: Map<string, Named>, reader: DirectoryReader): void {
  const [newest, ...older] = [...baselines].sort(([a], [b]) => byVersion(b, a));
  reader.ignored.push(...older.map(([, { path }]) => path));
  if (newest === undefined) return;
  const isReplaced = [...versions.keys()].some((version) => byVersion(version, newest[0]) <= 0);
  if (isReplaced) reader.ignored.push(newest[1].path);
  else versions.set(...newest);
}

function byVersion(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = byNumber(left[index] ?? "0", right[index] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** `V2__x.sql.conf` next to the file. */
function transactionOf(path: string, reader: DirectoryReader): boolean | undefined {
  const file = `${path}.conf`;
  if (!existsSync(file)) return undefined;
  const [, value] = /^\s*executeInTransaction\s*=\s*(true|false)\s*$/im.exec(reader.read(file)?.sql ?? "") ?? [];
  return value === undefined ? undefined : value.toLowerCase() === "true";
}

function replacePlaceholders(
  part: SqlPart | undefined,
  values: Readonly<Record<string, string>> | false,
  reader: DirectoryReader,
): SqlPart | undefined {
  if (part === undefined || values === false) return part;
  const missing = [...part.sql.matchAll(PLACEHOLDER)].find(([, name]) => !Object.hasOwn(values, name!));
  if (missing === undefined) {
    return { ...part, sql: part.sql.replace(PLACEHOLDER, (_, name: string) => values[name]!) };
  }
  const line = part.sql.slice(0, missing.index).split("\n").length;
  return reader.refuse(
    part.path,
    `Flyway replaces ${missing[0]}, and \`placeholders\` has no "${missing[1]}"; add it, or write placeholders: false where Flyway leaves such text alone`,
    line,
  );
}
