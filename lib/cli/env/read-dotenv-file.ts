import { type DotenvFile, readDotenv } from "../../engine/dotenv/read-dotenv";
import { trapsOf, type DotenvTrap } from "../../engine/dotenv/traps";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../engine/files/read-if-there";
import { RefusedError } from "../../promotion/refused-error";

/** A dotenv file as it was read from disk. */
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
