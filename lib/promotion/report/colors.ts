import type { Colors } from "picocolors/types";
import type { Tone } from "./outline";

/** The colours of a terminal; without one, they leave a text as it is. */
export type Paint = Pick<Colors, "bold" | "dim" | "red" | "green" | "yellow">;

/** Paints by tone. */
export function toned(tone: Tone, { green, yellow, red, dim }: Paint): (text: string) => string {
  return { add: green, change: yellow, destroy: red, calm: dim }[tone];
}
