import type { StepRecord } from "../../engine/step-record";
import type { Rollback } from "../../promotion/rollback";
import { describeUndo } from "../../promotion/undo-preview";
import type { Terminal } from "../terminal";

/** What a rollback does with each step, for people. */
export function rollbackText({ undo, keep, blocked }: Rollback, { dim, red }: Terminal["colors"]): string {
  const section = (title: string, rows: readonly StepRecord[], lines: (row: StepRecord) => readonly string[]) => {
    if (rows.length === 0) return [];
    const steps = rows.flatMap((row, index) => [
      `  ${index + 1}. ${row.id}  ${row.title} ${dim(`(release ${row.release})`)}`,
      ...lines(row).map((line) => dim(`       ${line}`)),
    ]);
    return [title, ...steps, ""];
  };
  const reasons = new Map(blocked.map(({ row, reason }) => [row.id, reason]));
  const lines = [
    ...section("Will be undone, in this order:", undo, describeUndo),
    ...section("Stays as it is:", keep, () => []),
    ...section(
      red("Cannot be undone:"),
      blocked.map(({ row }) => row),
      (row) => [`because ${reasons.get(row.id)}`],
    ),
  ];
  return lines.length === 0 ? "No step of a newer release was applied.\n" : lines.join("\n");
}
