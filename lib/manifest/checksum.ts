import { createHash } from "node:crypto";
import type { Program } from "./program";

/** JSON with sorted keys: equal values have equal texts, independent of key order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * Identifies a whole program. Environments with the same checksum ran the same program: `variables` are not included.
 */
export function programChecksum(program: Program): string {
  return sha256(canonicalJson(program));
}

/**
 * Identifies the effect of a program on the store. It must never change once the step was applied, but how the step is
 * undone or waits may change.
 */
export function effectChecksum(program: Program): string {
  const {
    down: _down,
    verify: _verify,
    probe: _probe,
    lockTimeout: _lockTimeout,
    history: _history,
    supersedes: _supersedes,
    ...effect
  } = program as Record<string, unknown>;
  return sha256(canonicalJson(effect));
}
