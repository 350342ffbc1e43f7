import type { Program } from "../engine/program";
import type { Artifact } from "../engine/step-record";
import { describeText } from "../engine/text-description";
import { undoLoss, type UndoneStep } from "./undo-loss";

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
  "cut-over": "point the application back to the source",
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
