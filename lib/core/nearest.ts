/**
 * The known name that was probably meant: the one with the fewest edits, if there are two (swapped letters) or at most
 * a third of its letters.
 */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, edits: countEdits(typed, name) }))
    .filter(({ name, edits }) => edits < typed.length && edits <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.edits - b.edits);
  return best?.name;
}

/** `there are a, b; did you mean a?` */
export function describeKnown(typed: string, known: readonly string[]): string {
  const meant = nearest(typed, known);
  return `there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

/** Levenshtein distance: letters to insert, delete, or replace. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    let diagonal = row[0]!;
    row = [i + 1, ...row.slice(1)];
    for (let j = 1; j <= to.length; j++) {
      const above = row[j]!;
      row[j] = Math.min(above + 1, row[j - 1]! + 1, diagonal + (letter === to[j - 1] ? 0 : 1));
      diagonal = above;
    }
  }
  return row[to.length]!;
}
