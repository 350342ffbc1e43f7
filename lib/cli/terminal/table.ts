/**
 * Pads the cells of a table to columns.
 *
 * @param rows with the headings first, all of the same length
 * @param gap between two columns
 * @returns one line for each row
 */
export function tableLines(rows: readonly (readonly string[])[], gap = "   "): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join(gap)
      .trimEnd(),
  );
}
