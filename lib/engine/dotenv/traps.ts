import type { DotenvFile } from "./read-dotenv";

/** A line that does not mean the same to everybody, and why. Holds no value. */
export interface DotenvTrap {
  /** From 1. */
  readonly line: number;

  /** Missing for a line that defines nothing. */
  readonly name?: string;
  readonly reasons: readonly string[];
}

/** What somebody has to look at before the file is taken for what dotenv reads, by line. */
export function trapsOf({ definitions, ignoredLines }: DotenvFile): DotenvTrap[] {
  const lastLine = new Map(definitions.map(({ name, line }) => [name, line]));
  const defined = definitions.map(({ name, line, ambiguities }) => {
    const last = lastLine.get(name) as number;
    return { line, name, reasons: [...ambiguities, ...(last > line ? [`defined again in line ${last}`] : [])] };
  });
  const ignored = ignoredLines.map((line) => ({ line, reasons: ["defines nothing"] }));
  return [...defined.filter(({ reasons }) => reasons.length > 0), ...ignored].sort((a, b) => a.line - b.line);
}
