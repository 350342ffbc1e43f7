/**
 * The value that a JSON pointer names, or nothing when there is none (RFC 6901).
 *
 * @param pointer starts with `/`; `~1` stands for `/` and `~0` for `~` in a name
 */
export function atPointer(document: unknown, pointer: string): unknown {
  const names = pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce<unknown>(child, document);
}

/** Section 3 of the RFC: `~` is followed by 0 or 1, and every name by a slash before it. */
export function isPointer(pointer: string): boolean {
  return /^(\/([^~/]|~[01])*)*$/.test(pointer);
}

const ARRAY_INDEX = /^(0|[1-9][0-9]*)$/;

function child(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return ARRAY_INDEX.test(name) ? value[Number(name)] : undefined;
  if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
