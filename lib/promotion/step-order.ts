/** What an order is made of: a name, and the names that come before it. */
export interface Ordered {
  readonly id: string;
  readonly after: readonly string[];
}

/**
 * Puts steps in an order in which each comes after those that it waits for. Steps that nothing orders keep the order
 * in which they were given. Names that are not among the items are no obstacle: those steps are done already.
 *
 * In a cycle, which Terraform refuses anyway, the items keep the order in which they were given.
 */
export function inOrder<Item extends Ordered>(items: readonly Item[]): Item[] {
  const open = new Map(items.map((item) => [item.id, item]));
  const sorted: Item[] = [];
  while (open.size > 0) {
    const next = [...open.values()].find((item) => !item.after.some((id) => id !== item.id && open.has(id)));
    const item = next ?? [...open.values()][0]!;
    open.delete(item.id);
    sorted.push(item);
  }
  return sorted;
}
