import { StringDecoder } from "node:string_decoder";

/** Characters of a line that are kept; the rest of it is dropped. */
const LONGEST_LINE = 64 * 1024;

/** Makes whole lines of the pieces of a stream: a piece may end inside of a line, or of a character. */
export class LineReader {
  private readonly decoder = new StringDecoder("utf8");
  private line = "";

  constructor(private readonly onLine: (line: string) => void) {}

  add(chunk: Buffer): void {
    this.addText(this.decoder.write(chunk));
  }

  /** Gives the last line, if it has no line break. */
  finish(): void {
    this.addText(this.decoder.end());
    if (this.line !== "") this.onLine(this.line);
    this.line = "";
  }

  private addText(text: string): void {
    const [first, ...others] = text.split("\n") as [string, ...string[]];
    this.line = (this.line + first).slice(0, LONGEST_LINE);
    for (const next of others) {
      this.onLine(this.line);
      this.line = next.slice(0, LONGEST_LINE);
    }
  }
}
