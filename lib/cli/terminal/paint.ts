import { randomUUID } from "node:crypto";
import pc from "picocolors";
import { visibleLines } from "../../core/visible";

const ESCAPE = "\u001b";

/**
 * Colors that can be distinguished from escape sequences in foreign text, such as a title, an error, or the output of a
 * tool. Any printed text may contain those, but only the colors added here may reach a terminal.
 */
export class Paint {
  /** Precedes each escape sequence of this process. Foreign text cannot contain it. */
  private readonly mark = randomUUID();
  readonly colors: ReturnType<typeof pc.createColors>;

  constructor(enabled: boolean) {
    const plain = pc.createColors(enabled);
    const marked = Object.entries(plain).map(([name, paint]) => [
      name,
      typeof paint === "function" && enabled
        ? (text: string | number | null | undefined) =>
            paint(this.shown(String(text))).replaceAll(ESCAPE, this.mark + ESCAPE)
        : paint,
    ]);
    this.colors = Object.fromEntries(marked) as typeof plain;
  }

  /** The text for a terminal: with the colors, and every other escape sequence escaped. */
  shown(text: string): string {
    return text
      .split(this.mark + ESCAPE)
      .map(visibleLines)
      .join(ESCAPE);
  }

  /** The same without colors. */
  bare(text: string): string {
    const [first = "", ...painted] = text.split(this.mark + ESCAPE);
    return [first, ...painted.map((part) => part.replace(/^\[[\d;]*m/, ""))].map(visibleLines).join("");
  }
}
