import type { Program } from "../engine/program";

/** What is known about a step that is to be undone. */
export interface UndoneStep {
  readonly program: Program;
  /** Since when there can be data that its undoing loses, UTC; absent for a step that was never applied to its end. */
  readonly appliedAt?: string | undefined;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))*`;

/** Where SQL takes data away, and the names of what it takes. */
const TAKES_AWAY = new RegExp(
  String.raw`\b(?:drop\s+(?<kind>(?:foreign\s+)?table|schema|database|materialized\s+view|type|column)|(?<all>truncate)(?:\s+table)?|delete\s+from)` +
    String.raw`\s+(?:if\s+exists\s+)?(?:only\s+)?(?<names>${NAME}(?:\s*,\s*(?!drop\b|add\b|alter\b)${NAME})*)`,
  "giu",
);

const ALTERS_TABLE = /\balter\s+(?:foreign\s+)?table\b[^;]*/giu;

/** A column, where SQL leaves out the word; what else a table drops holds no rows. */
const DROPS_COLUMN = new RegExp(
  String.raw`\bdrop\s+(?!(?:column|constraint|default|expression|identity|not)\b)(?:if\s+exists\s+)?(?<names>${NAME})`,
  "giu",
);

/**
 * What of the data that was written since a step was applied is lost when it is undone, in one sentence.
 *
 * @returns nothing for a step that changes nothing, so that undoing it loses nothing
 */
export function undoLoss({ program, appliedAt }: UndoneStep): string | undefined {
  const since = appliedAt === undefined ? "since it began" : `since ${appliedAt}`;
  switch (program.kind) {
    case "sql":
      return sqlLoss(program.down ?? "", since);
    case "command":
      return `lost: what its script takes away of what was written ${since}; nobody but the script knows`;
    case "documents":
      return `lost: nothing; a row of ${program.table} that was changed ${since} stops the rollback`;
    case "files":
      return `lost: nothing; objects that were changed ${since} stay`;
    case "transfer":
      return TRANSFER_LOSSES[program.phase](since);
    case "env":
      return `lost: nothing; a file that was edited ${since} is moved aside`;
    case "http":
    case "archive":
      return undefined;
  }
}

const TRANSFER_LOSSES = {
  bulk: (since: string) => `lost: nothing; copies that were changed ${since} stay`,
  delta: (since: string) => `lost: nothing; copies that were changed ${since} stay`,
  "cut-over": (since: string) =>
    `lost to the application: what it wrote to the target ${since}; it stays there, and is not copied back`,
  retire: () => "lost: nothing; the source gets what the target holds now",
} as const;

function sqlLoss(down: string, since: string): string {
  const columns = [...down.matchAll(ALTERS_TABLE)].flatMap(([statement]) => [...statement.matchAll(DROPS_COLUMN)]);
  const taken = [
    ...new Set([
      ...[...down.matchAll(TAKES_AWAY)].map(({ groups }) => describeTaken(groups!)),
      ...columns.map(({ groups }) => describeTaken({ ...groups, kind: "column" })),
    ]),
  ];
  return taken.length === 0
    ? `lost: what its statements overwrite of what was written ${since}; as far as they show, they drop and delete nothing`
    : `lost: what was written ${since} into ${taken.join(", ")}`;
}

function describeTaken({ kind, all, names }: Readonly<Record<string, string | undefined>>): string {
  const what = kind ?? (all === undefined ? "rows of" : "table");
  return `${what.toLowerCase()} ${names}`.replace(/\s+/g, " ");
}
