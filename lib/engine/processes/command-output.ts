import { LineReader } from "./line-reader";

/** Bytes of the standard output that are kept to be compared. */
const LONGEST_ANSWER = 1024 * 1024;
/** Characters of the end of both outputs that a message shows. */
const TAIL_CHARACTERS = 4096;
/** More would drown whoever reads along, and hold the command up. */
const LINES_PER_SECOND = 100;

/**
 * What is kept of a command's output, of which there may be more than memory: the beginning of the standard output, to
 * be compared, and the end of both outputs, for a message. Lines are reported as they come.
 */
export class CommandOutput {
  private readonly answer: Buffer[] = [];
  private answerBytes = 0;
  // Each output has its own lines: a piece of one may come in the middle of a line, or of a secret, of the other.
  private readonly readers = [0, 1].map(() => new LineReader((line) => this.addLine(line)));
  private readonly end: string[] = [];
  private endCharacters = 0;
  private second = 0;
  private linesInSecond = 0;
  private unreported = 0;

  constructor(private readonly report: (line: string) => void) {}

  /** Takes a piece of the standard output. */
  addOutput(chunk: Buffer): void {
    const room = LONGEST_ANSWER - this.answerBytes;
    if (room > 0) this.answer.push(chunk.subarray(0, room));
    this.answerBytes += chunk.length;
    this.readers[0]!.add(chunk);
  }

  /** Takes a piece of the standard error. */
  addError(chunk: Buffer): void {
    this.readers[1]!.add(chunk);
  }

  /** Reports what is left: the last line may lack its line break. */
  finish(): void {
    for (const reader of this.readers) reader.finish();
    this.reportUnreported();
  }

  /** The standard output without its last line break, as `$(…)` gives it; longer ones are cut, and say so. */
  get stdout(): string {
    const text = Buffer.concat(this.answer).toString("utf8");
    return this.answerBytes > LONGEST_ANSWER ? `${text}… (${this.answerBytes} bytes)` : withoutLineBreak(text);
  }

  /** The last lines of both outputs. Never begins within a line, which could be within a secret. */
  get tail(): string {
    if (this.endCharacters > TAIL_CHARACTERS) return `(one line of more than ${TAIL_CHARACTERS} characters)`;
    return withoutLineBreak(this.end.join(""));
  }

  private addLine(line: string): void {
    this.end.push(`${line}\n`);
    this.endCharacters += line.length + 1;
    while (this.endCharacters > TAIL_CHARACTERS && this.end.length > 1) this.endCharacters -= this.end.shift()!.length;
    this.reportLine(line);
  }

  private reportLine(line: string): void {
    if (line.trim() === "") return;
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.reportUnreported();
      this.second = second;
      this.linesInSecond = 0;
    }
    if (this.linesInSecond++ < LINES_PER_SECOND) this.report(line);
    else this.unreported++;
  }

  private reportUnreported(): void {
    if (this.unreported > 0) this.report(`… ${this.unreported} more lines`);
    this.unreported = 0;
  }
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, "");
}
