const INDENT = "  ";

/** How deep a value is taken apart: what is further inside, such as one change, is written in one piece. */
const DEPTH = 3;

/**
 * The same text as `JSON.stringify(value, undefined, 2)`, piece by piece: the whole of a large report would be longer
 * than a string may be (512 MiB).
 */
export function* jsonChunks(value: unknown, depth: number = DEPTH, indent: string = ""): Generator<string> {
  const plain = withoutToJson(value, "");
  if (depth === 0 || typeof plain !== "object" || plain === null || isBoxed(plain)) {
    yield (JSON.stringify(plain, undefined, INDENT) ?? "null").replaceAll("\n", `\n${indent}`);
    return;
  }
  const isList = Array.isArray(plain);
  const [open, close] = isList ? "[]" : "{}";
  const inner = indent + INDENT;
  let separator = `${open}\n${inner}`;
  let isEmpty = true;
  for (const [name, member] of membersOf(plain)) {
    const written = withoutToJson(member, name);
    if (!isList && isLeftOut(written)) continue;
    yield isList ? separator : `${separator}${JSON.stringify(name)}: `;
    yield* jsonChunks(isLeftOut(written) ? null : written, depth - 1, inner);
    separator = `,\n${inner}`;
    isEmpty = false;
  }
  yield isEmpty ? `${open}${close}` : `\n${indent}${close}`;
}

function* membersOf(value: object): Generator<[name: string, member: unknown]> {
  if (Array.isArray(value)) for (let index = 0; index < value.length; index++) yield [String(index), value[index]];
  else for (const name of Object.keys(value)) yield [name, (value as Record<string, unknown>)[name]];
}

function withoutToJson(value: unknown, name: string): unknown {
  const toJson = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
  return typeof toJson === "function" ? (toJson.call(value, name) as unknown) : value;
}

/** `new String("x")` is written as a text. */
function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Number || value instanceof Boolean;
}

/** What JSON has no word for: left out of objects, `null` in lists. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}
