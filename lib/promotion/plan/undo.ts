import type { Program } from "../../manifest/program";
import type { Artifact } from "../../manifest/step-record";
import { describeText } from "../../manifest/text";

const PREVIEW_LENGTH = 200;

/** What undoing a step does, and what that loses, in lines for people. */
export function describeUndo(step: UndoneStep & { readonly artifact?: Artifact | undefined }): string[] {
  const loss = undoLoss(step);
  return [...undoPreview(step.program, step.artifact), ...(loss === undefined ? [] : [loss])];
}

/** What undoing a program does, in lines for people. Says names, never values. */
export function undoPreview(program: Program, artifact?: Artifact): string[] {
  switch (program.kind) {
    case "sql":
    case "command":
      return [`undo: ${program.down === undefined ? "(its program has no down)" : shorten(program.down)}`];
    case "documents":
      return [
        `undo: delete the rows that it imported into ${program.table} of ${describeText(program.database)}${counted(artifact)}`,
      ];
    case "files":
      return [
        `undo: delete the objects that it copied into ${describeText(program.bucket)}/${program.prefix}${counted(artifact)}`,
      ];
    case "transfer":
      return [`undo: ${UNDONE_PHASES[program.phase]} (transfer ${program.transfer})${counted(artifact)}`];
    case "env":
      return [`undo: remove ${describeText(program.to)}`];
    case "http":
    case "archive":
      return [];
  }
}

const UNDONE_PHASES = {
  bulk: "delete the objects that it copied and nobody changed since",
  delta: "what it copied, together with the bulk copy",
  cutover: "point the application back to the source",
  retire: "bring the deleted objects back from the target",
} as const;

/** Counts that the step left behind: ` (documents: 300)`. */
function counted(artifact: Artifact = {}): string {
  const counts = Object.entries(artifact).filter(([, value]) => typeof value === "number");
  return counts.length === 0 ? "" : ` (${counts.map(([name, value]) => `${name}: ${value}`).join(", ")})`;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > PREVIEW_LENGTH ? `${line.slice(0, PREVIEW_LENGTH)}…` : line;
}

/** What is known about a step that is to be undone. */
interface UndoneStep {
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
  cutover: (since: string) =>
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
