/**
 * The first few of many names, for a message that must stay readable: `a, b and 12 more`.
 *
 * @param most how many are named
 * @param separator what stands between two of them
 */
export function someOf(names: readonly string[], most = 20, separator = ", "): string {
  const shown = names.slice(0, most).join(separator);
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
