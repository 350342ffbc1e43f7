import type { ClientBase } from "pg";
import type { HistoryAnswer } from "../../engine/step-kind";
import type { SqlHistory } from "./program";

type Row = Readonly<Record<string, unknown>>;
type Named<Tool extends SqlHistory["tool"]> = Extract<SqlHistory, { tool: Tool }>;

const THERE: HistoryAnswer = { state: "there" };
const ABSENT: HistoryAnswer = { state: "absent" };

/** Columns of each tool's table, so that the table of one tool is not mistaken for that of another. */
const COLUMNS: Readonly<Record<Exclude<SqlHistory["tool"], "none">, readonly string[]>> = {
  "golang-migrate": ["version", "dirty"],
  dbmate: ["version"],
  diesel: ["version", "run_on"],
  flyway: ["installed_rank", "version", "description", "type", "script", "checksum", "success"],
  alembic: ["version_num"],
};

/** Reads the table of the tool that ran migrations before. No table means that it ran none. */
export async function askHistory(
  history: Exclude<SqlHistory, { tool: "none" }>,
  client: ClientBase,
): Promise<HistoryAnswer> {
  const { tool, table } = history;
  const { rows: columns } = await client.query<{ name: string }>(
    "select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped",
    [table],
  );
  const names = columns.map(({ name }) => name);
  if (names.length === 0) return { ...ABSENT, reason: `there is no table ${table}` };
  const missing = COLUMNS[tool].filter((name) => !names.includes(name));
  const isOther = tool === "dbmate" && names.includes("dirty");
  if (missing.length > 0 || isOther) {
    const why = isOther ? "it has a column dirty, as that of golang-migrate" : `it has no column ${missing.join(", ")}`;
    return {
      state: "unknown",
      reason: `${table} is not a table of ${tool}: ${why}; name the right one with historyTable`,
    };
  }
  const { rows } = await client.query<Row>(
    `select * from ${table}${tool === "flyway" ? " order by installed_rank" : ""}`,
  );
  switch (tool) {
    case "golang-migrate":
      return askGolangMigrate(history, rows);
    case "dbmate":
    case "diesel":
      return rows.some(({ version }) => version === history.version) ? THERE : ABSENT;
    case "flyway":
      return askFlyway(history, rows);
    case "alembic":
      return askAlembic(history, rows);
  }
}

/** One row: the newest applied version. */
function askGolangMigrate({ table, version }: Named<"golang-migrate">, [row]: readonly Row[]): HistoryAnswer {
  if (row === undefined) return ABSENT;
  const reached = BigInt(String(row.version));
  if (row.dirty !== true) return BigInt(version) <= reached ? THERE : ABSENT;
  // It fails on the way to a version, up or down, so older ones were applied.
  if (BigInt(version) < reached) return THERE;
  const reason =
    `${table} says that version ${reached} is dirty: a migration failed halfway. Mend the database, ` +
    "then `migrate force <the version that it really is at>`";
  return { state: "unknown", reason };
}

/** https://github.com/flyway/flyway/blob/main/flyway-core/src/main/java/org/flywaydb/core/internal/info/MigrationInfoServiceImpl.java */
function askFlyway(history: Named<"flyway">, rows: readonly Row[]): HistoryAnswer {
  const { table, version, description, checksum } = history;
  const own = rows.filter((row) =>
    version === undefined
      ? row.version === null && row.description === description
      : typeof row.version === "string" && sameVersion(row.version, version) && !isBaseline(row),
  );
  const last = own.at(-1);
  const baseline = rows.find((row) => isBaseline(row) && row.success === true);
  if (last === undefined || /^(DELETE|UNDO)/.test(String(last.type))) {
    const isBefore = version !== undefined && baseline !== undefined && !isNewer(version, String(baseline.version));
    return isBefore ? THERE : ABSENT;
  }
  if (last.success !== true) {
    const reason = `${table} says that ${String(last.script)} failed; mend the database, then \`flyway repair\``;
    return { state: "unknown", reason };
  }
  if (last.checksum === null || last.checksum === checksum) return THERE;
  if (version === undefined) return { ...ABSENT, reason: `${String(last.script)} changed since it was applied` };
  const reason =
    `${String(last.script)} was applied with the checksum ${String(last.checksum)}, and the file has ${checksum}: it was ` +
    "edited afterwards. Give it back as it was, or accept the file with `flyway repair`";
  return { state: "unknown", reason };
}

function isBaseline({ type }: Row): boolean {
  return /BASELINE/.test(String(type));
}

function numbersOf(version: string): bigint[] {
  return version.split(/[._]/).map((part) => (/^\d+$/.test(part) ? BigInt(part) : -1n));
}

function isNewer(version: string, other: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [a, b] = [left[index] ?? 0n, right[index] ?? 0n];
    if (a !== b) return a > b;
  }
  return false;
}

function sameVersion(version: string, other: string): boolean {
  return !isNewer(version, other) && !isNewer(other, version);
}

/** A row for each branch: the newest applied revision. It does not show whether another revision is older. */
function askAlembic({ table, version }: Named<"alembic">, rows: readonly Row[]): HistoryAnswer {
  if (rows.length === 0) return ABSENT;
  if (rows.some((row) => row.version_num === version)) return THERE;
  const heads = rows.map((row) => String(row.version_num)).join(", ");
  return { state: "unknown", reason: `${table} is at ${heads}, which none of the revisions leads to` };
}
