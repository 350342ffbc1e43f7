import { RefusedError } from "../../core/errors";
import { type DotenvFile, readDotenv, trapsOf, type DotenvTrap } from "../../engine/dotenv/read-dotenv";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../core/read-file";

import type { Terminal } from "../terminal/terminal";
import type { VariableChange } from "./migrate-variables";

/** A dotenv file read from disk. */
export interface DotenvOnDisk {
  readonly path: string;
  readonly content: Buffer;
  readonly variables: DotenvFile["variables"];
  readonly traps: readonly DotenvTrap[];
}

/** @throws EngineError `SourceMissing`, `VariablesInvalid` */
export async function readDotenvFile(path: string): Promise<DotenvOnDisk> {
  const content = await readIfThere(path);
  if (content === undefined) throw new EngineError("SourceMissing", `there is no file ${path}`);
  const file = readDotenv(content, path);
  return { path, content, variables: file.variables, traps: trapsOf(file) };
}

/** @throws RefusedError `DotenvTraps` */
export function requireNoTraps(path: string, traps: readonly DotenvTrap[]): void {
  if (traps.length === 0) return;
  const lines = traps.length === 1 ? "1 line" : `${traps.length} lines`;
  throw new RefusedError(
    "DotenvTraps",
    `nothing was written: ${lines} of ${path} may mean something else to a shell or Docker Compose (see above). Put the values into single quotes, or add --accept-traps if what dotenv reads is meant`,
  );
}

/** Lines that other dotenv parsers read differently. */
export function trapLines(path: string, traps: readonly DotenvTrap[], { yellow }: Terminal["colors"]): string[] {
  return traps.map(({ line, name, reasons }) => {
    const what = name === undefined ? "" : ` ${name}`;
    return `${yellow("trap")} ${path}:${line}:${what} ${reasons.join(", ")}`;
  });
}

const SIGNS: Record<VariableChange["action"], string> = {
  keep: " ",
  rename: "~",
  join: "~",
  split: "~",
  set: "+",
  remove: "-",
};

/** The change of each variable, by name. */
export function changesText(
  changes: readonly VariableChange[],
  { dim, green, red, yellow }: Terminal["colors"],
): string {
  const colors = { keep: dim, rename: yellow, join: yellow, split: yellow, set: green, remove: red };
  return changes
    .map(({ action, from, to }) => {
      const arrow = [from.join(", "), to.join(", ")].filter((names) => names !== "");
      const names = action === "keep" ? from.join(", ") : arrow.join(" → ");
      return colors[action](`  ${SIGNS[action]} ${action.padEnd(6)}  ${names}`);
    })
    .join("\n");
}
