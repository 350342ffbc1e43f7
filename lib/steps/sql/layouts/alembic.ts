import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { SternaError } from "../../../core/errors";
import { splitSql } from "../../../core/sql-text";
import { DirectoryReader, type DirectoryReading, type SqlPart } from "./layout";

const CONFIGURATION = "alembic.ini";
const LONGEST_OUTPUT_BYTES = 256 * 1024 * 1024;
const LAST_LINES = 8;

/** Location of Alembic's configuration: in the directory, or next to the directory with `env.py` and `versions`. */
export function alembicConfiguration(directory: string): string | undefined {
  const isScripts = existsSync(join(directory, "env.py"));
  const candidates = [directory, ...(isScripts ? [dirname(directory)] : [])];
  return candidates.map((folder) => join(folder, CONFIGURATION)).find((path) => existsSync(path));
}

/**
 * Has Alembic print its revisions as SQL ("offline mode"). It runs `env.py` and every revision, and connects to no
 * database. See https://alembic.sqlalchemy.org/en/latest/offline.html.
 *
 * @param directory with `alembic.ini`, or with `env.py` below it
 * @param command command that starts Alembic
 * @throws SternaError `AlembicFailed`
 */
export function readAlembic(directory: string, command: readonly string[] = ["alembic"]): DirectoryReading {
  const configuration = alembicConfiguration(directory);
  if (configuration === undefined) {
    throw new SternaError(
      "AlembicFailed",
      `there is no ${CONFIGURATION} in ${directory} or above it; name the directory that holds it`,
    );
  }
  const forward = run(command, configuration, ["upgrade", "heads", "--sql"]);
  const table = /^CREATE TABLE (\S+) \(\s*version_num\b/m.exec(forward.output)?.[1];
  const ups = revisions(forward.output, "upgrade", table);
  const parents = new Set([...ups.values()].flatMap(({ from }) => from));
  const downs = new Map<string, string>();
  for (const head of [...ups.keys()].filter((revision) => !parents.has(revision))) {
    const back = run(command, configuration, ["downgrade", `${head}:base`, "--sql"]).output;
    for (const [revision, { sql }] of revisions(back, "downgrade", table)) downs.set(revision, sql);
  }
  const reader = new DirectoryReader();
  for (const [version, { from, sql }] of ups) {
    const part = (text: string): SqlPart => ({ path: join(directory, `revision ${version}`), line: 1, sql: text });
    reader.files.push({
      version,
      title: forward.titles.get(version) ?? version,
      up: part(sql),
      down: part(downs.get(version) ?? ""),
      history: { tool: "alembic", table: table ?? "alembic_version", version, parents: [...from] },
    });
  }
  return reader;
}

interface Revision {
  readonly from: readonly string[];
  readonly sql: string;
}

/** Alembic's output, by the revision that it moves to or away from, in order. */
function revisions(
  output: string,
  direction: "upgrade" | "downgrade",
  table: string | undefined,
): Map<string, Revision> {
  const marker = new RegExp(`^-- Running ${direction} (.*) -> (.*)$`, "gm");
  const marks = [...output.matchAll(marker)];
  return new Map(
    marks.map((mark, index) => {
      const sql = output.slice(mark.index + mark[0].length, marks[index + 1]?.index);
      const [, from = "", to = ""] = mark;
      const revision = (direction === "upgrade" ? to : from).trim();
      const sources = from.split(",").map((each) => each.trim());
      return [revision, { from: sources.filter((each) => each !== ""), sql: withoutBookkeeping(sql, table) }];
    }),
  );
}

/** Leaves out Alembic's own transaction and version table: the step is the transaction, and its ledger the record. */
function withoutBookkeeping(sql: string, table: string | undefined): string {
  const name = table?.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const own = new RegExp(
    String.raw`^(begin|commit)$|^(insert\s+into|update|delete\s+from)\s+${name}\b.*\bversion_num\b|^drop\s+table\s+${name}$`,
    "is",
  );
  return splitSql(sql)
    .filter(({ code }) => !own.test(code))
    .map(({ start, end }) => `${sql.slice(start, end)};`)
    .join("\n\n");
}

interface Run {
  readonly output: string;
  /** First line of the docstring of each revision, if Alembic logs it. */
  readonly titles: ReadonlyMap<string, string>;
}

/** A program is started once per directory, regardless of the number of environments. */
const runs = new Map<string, Run>();

function run(command: readonly string[], configuration: string, args: readonly string[]): Run {
  const [program = "alembic", ...before] = command;
  const all = [...before, "-c", CONFIGURATION, ...args];
  const key = JSON.stringify([configuration, program, all]);
  const known = runs.get(key);
  if (known !== undefined) return known;
  // Branches have no order. A fixed seed makes it the same each time.
  const env = { ...process.env, PYTHONHASHSEED: "0" };
  const cwd = dirname(configuration);
  const maxBuffer = LONGEST_OUTPUT_BYTES;
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const { status, stdout, stderr, error } = spawnSync(program, all, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer,
    stdio: [...stdio],
  });
  if (error !== undefined) {
    const cure = 'install Alembic, or say how it is started: alembic: ["poetry", "run", "alembic"]';
    throw new SternaError("AlembicFailed", `${program} cannot be started: ${error.message}; ${cure}`);
  }
  if (status !== 0) {
    const said = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "" && !/^(INFO|BEGIN)/.test(line));
    const reason = said.slice(-LAST_LINES).join("\n");
    throw new SternaError(
      "AlembicFailed",
      `\`${[program, ...all].join(" ")}\` in ${cwd} ended with ${status}:\n${reason}`,
    );
  }
  const titles = [...stderr.matchAll(/Running upgrade .*? -> (\S+), (.+)$/gm)].map(
    ([, id, title]) => [id!, title!] as const,
  );
  const result = { output: stdout, titles: new Map(titles) };
  runs.set(key, result);
  return result;
}
