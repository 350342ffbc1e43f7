const NAME = String.raw`(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))*`;

/** SQL that drops data, and the names of what it drops. */
const TAKES_AWAY = new RegExp(
  String.raw`\b(?:drop\s+(?<kind>(?:foreign\s+)?table|schema|database|materialized\s+view|type|column)|(?<all>truncate)(?:\s+table)?|delete\s+from)` +
    String.raw`\s+(?:if\s+exists\s+)?(?:only\s+)?(?<names>${NAME}(?:\s*,\s*(?!drop\b|add\b|alter\b)${NAME})*)`,
  "giu",
);

const ALTERS_TABLE = /\balter\s+(?:foreign\s+)?table\b[^;]*/giu;

/** A column, if SQL omits the keyword. Nothing else that a table drops holds rows. */
const DROPS_COLUMN = new RegExp(
  String.raw`\bdrop\s+(?!(?:column|constraint|default|expression|identity|not)\b)(?:if\s+exists\s+)?(?<names>${NAME})`,
  "giu",
);

/** Which later data is lost when a step with SQL is undone, in one sentence. */
export function sqlLoss(down: string, since: string): string {
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
