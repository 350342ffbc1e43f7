import type { Tone } from "./outline";

/** Sign and tone of what happens. */
export interface Look {
  readonly sign: string;
  readonly tone: Tone;
}

export const CREATE: Look = { sign: "+", tone: "add" };
export const UPDATE: Look = { sign: "~", tone: "change" };
export const DELETE: Look = { sign: "-", tone: "destroy" };
export const REPLACE: Look = { sign: "±", tone: "destroy" };
export const CALM: Look = { sign: ".", tone: "calm" };
export const UNKNOWN: Look = { sign: "?", tone: "change" };

/** By action: a map, since an action may be called like a member of every object. */
export function looks(table: Readonly<Record<string, Look>>): ReadonlyMap<string, Look> {
  return new Map(Object.entries(table));
}
