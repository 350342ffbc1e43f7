import type { Program } from "./program";

/**
 * A program with the variables of its environment written out, as far as they are known: for people to read. Never for
 * a checksum, and secrets stay names.
 */
export function writtenOut(program: Program, variables: Readonly<Record<string, unknown>>): Program {
  return replace(program, variables) as Program;
}

function replace(value: unknown, variables: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((item) => replace(item, variables));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  const [name, reference] = entries[0] ?? [];
  if (entries.length === 1 && name === "variable" && typeof reference === "string") {
    const known = variables[reference];
    return typeof known === "string" ? known : value;
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, replace(item, variables)]));
}
