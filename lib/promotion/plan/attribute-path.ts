/** Where a value is: names of members and places in lists, from 0. */
export type PathSegment = string | number;

const PLAIN_NAME = /^[A-Za-z_][\w-]*$/;
const MOST_KNOWN = 10_000;

/** The resources of a plan have few types, and each type has the same paths again and again. */
const known = new Map<string, Map<PathSegment, string>>();

/** Extends a path as Terraform writes it: `ingress[0].port`, `tags["aws:cost"]`. */
export function extendPath(path: string, segment: PathSegment): string {
  let extensions = known.get(path);
  if (extensions === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(path, (extensions = new Map()));
  }
  let extended = extensions.get(segment);
  if (extended === undefined) {
    if (extensions.size >= MOST_KNOWN) extensions.clear();
    extensions.set(segment, (extended = join(path, segment)));
  }
  return extended;
}

function join(path: string, segment: PathSegment): string {
  if (typeof segment === "number") return `${path}[${segment}]`;
  if (!PLAIN_NAME.test(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === "" ? segment : `${path}.${segment}`;
}

/** Whether one path is the other one, or leads into it. */
export function areRelated(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (!long.startsWith(short)) return false;
  return short === "" || long.length === short.length || long[short.length] === "." || long[short.length] === "[";
}
