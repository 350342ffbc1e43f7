import { randomUUID } from "node:crypto";
import pc from "picocolors";
import { visibleLines } from "../../core/visible";

const ESCAPE = "\u001b";

/**
 * Colors that can be told from escape sequences in foreign text: a title, an error, the output of a tool. Whatever is
 * printed may hold those, and only what was painted here may reach a terminal.
 */
export class Paint {
  /** Before each escape sequence of this process. Nobody else knows it. */
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

  /** The text as it may be written to a terminal: with the colors, and every other escape sequence written out. */
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
