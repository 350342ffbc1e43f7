import type { ProgramOf } from "../program";
import type { Place, PlacedObject } from "./place";

type Scope = Pick<ProgramOf<"transfer">, "only" | "except" | "batchDepth">;

/** Objects of one batch, and how much they are. */
export interface BatchSize {
  /** Beginning of their paths; empty for those in no folder. */
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
}

/** The name of the batch that a path belongs to: its first folders. */
export function batchOf(path: string, depth: number): string {
  return path
    .split("/")
    .slice(0, -1)
    .slice(0, depth)
    .map((name) => `${name}/`)
    .join("");
}

/** Whether a path is moved by a transfer. */
export function inScope(path: string, { only, except }: Scope): boolean {
  const begins = (prefix: string): boolean => path.startsWith(prefix);
  return (only.length === 0 || only.some(begins)) && !except.some(begins);
}

/** All batches of a place, by name. Keeps no more than their sizes. */
export async function batchesOf(place: Place, scope: Scope, signal: AbortSignal): Promise<BatchSize[]> {
  const batches = new Map<string, BatchSize>();
  for (const under of roots(scope)) {
    for (const { path, size } of await place.list(under, signal)) {
      if (!inScope(path, scope)) continue;
      const name = batchOf(path, scope.batchDepth);
      const { objects, bytes } = batches.get(name) ?? { objects: 0, bytes: 0 };
      batches.set(name, { name, objects: objects + 1, bytes: bytes + size });
    }
  }
  return [...batches.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The objects of one batch. */
export async function objectsOf(
  place: Place,
  batch: string,
  scope: Scope,
  signal: AbortSignal,
): Promise<PlacedObject[]> {
  const objects = await place.list(batch, signal);
  return objects.filter(({ path }) => batchOf(path, scope.batchDepth) === batch && inScope(path, scope));
}

/** Prefixes that hold everything in scope, none of them inside of another. */
function roots({ only }: Scope): readonly string[] {
  if (only.length === 0) return [""];
  return only.filter((prefix) => !only.some((other) => other !== prefix && prefix.startsWith(other)));
}
