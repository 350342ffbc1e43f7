/** Whether some key can begin with both prefixes. Nothing is the prefix of every key. */
export function prefixesOverlap(a = "", b = ""): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
