import type { LedgerMove } from "../../engine/ledgers/move-ledger";
import type { StepRecord } from "../../engine/step-record";
import type { SynthesizedSystem } from "../project/stacks";
import type { Terminal } from "../terminal";

type Colors = Terminal["colors"];

/** One line for each row. */
export function ledgerTable(rows: readonly StepRecord[], { bold }: Colors): string {
  if (rows.length === 0) return "The ledger holds no steps.";
  const cells = [
    ["STEP", "STATUS", "RELEASE", "ATTEMPTS", "APPLIED"],
    ...rows.map(({ id, status, release, attempt, appliedAt }) => [id, status, release, `${attempt}`, appliedAt ?? ""]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join("   ")
      .trimEnd(),
  );
  return [bold(lines[0]!), ...lines.slice(1)].join("\n");
}

/** Everything that a row says. */
export function rowText({ program, ...facts }: StepRecord, { bold }: Colors): string {
  const lines = Object.entries(facts).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${bold(`${name}:`)} ${text}`;
  });
  return [...lines, bold("program:"), JSON.stringify(program, undefined, 2)].join("\n");
}

/** What was moved, and what there is left to do. */
export function ledgerMoveText(
  { copied, present, receipts, stale }: LedgerMove,
  { from, to, stack, code }: { from: string; to: string; stack: SynthesizedSystem; code: string },
): string {
  const rows = (count: number) => `${count} ${count === 1 ? "row" : "rows"}`;
  const already = present.length === 0 ? "" : `; ${rows(present.length)} of an earlier move were there already`;
  return [
    `${rows(copied.length)} copied from ${from} to ${to}, read back and found equal${already}.`,
    ...(receipts.length === 0
      ? []
      : [
          `${rows(receipts.length)} among them are receipts: ${receipts.join(", ")}. Such steps change a database, and their own row stays there, where it is written in the transaction of the change.`,
        ]),
    ...(stale.length === 0
      ? []
      : [
          `${rows(stale.length)} left behind, since the database does not hold the step any more: ${stale.join(", ")}.`,
        ]),
    "",
    `Now, before the next apply of ${stack.stack}:`,
    `  1. write   ledger: ${code}`,
    `     (where ${stack.environment} proves a later environment, write the same as proof: there)`,
    `  2. run     sterna plan ${stack.system} ${stack.environment}   and see that it changes no step`,
    `  3. remove  the old ledger, ${from}: nothing was deleted there`,
  ].join("\n");
}
