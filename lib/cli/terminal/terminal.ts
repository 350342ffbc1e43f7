import { createInterface } from "node:readline/promises";
import type pc from "picocolors";
import { visible, visibleLines } from "../../core/visible";
import { inBlocks } from "../../core/replace-file";
import { Paint } from "./paint";
import type { Surroundings } from "./surroundings";

/** Options that every command has. */
export interface CommonOptions {
  /** One JSON document on standard output instead of text. */
  readonly json?: boolean;
  /** `false` after `--no-color`. */
  readonly color?: boolean;
  /** All output of tools, and the stack trace of an unexpected error. */
  readonly verbose?: boolean;
}

/**
 * Output of a command. Results go to standard output, as text or as one JSON document. Progress goes to standard error,
 * so that a result can be piped.
 */
export class Terminal {
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly json: boolean;
  readonly verbose: boolean;
  private readonly paint: Paint;
  private readonly liveLine: LiveLine | undefined;
  /** Only one of the two outputs may be a terminal. */
  private readonly colorsErrors: boolean;

  constructor(
    private readonly surroundings: Surroundings,
    options: CommonOptions,
  ) {
    this.json = options.json ?? false;
    this.verbose = options.verbose ?? false;
    const { environment, stdout, stderr } = surroundings;
    const wanted = options.color !== false && !environment.NO_COLOR && environment.TERM !== "dumb";
    this.paint = new Paint(wanted && (stdout.isTTY === true || !!environment.FORCE_COLOR));
    this.colors = this.paint.colors;
    this.colorsErrors = wanted && (stderr.isTTY === true || !!environment.FORCE_COLOR);
    this.liveLine = stderr.isTTY && !environment.CI && environment.TERM !== "dumb" ? new LiveLine(stderr) : undefined;
  }

  /** Whether `showLive` has an effect. */
  get live(): boolean {
    return this.liveLine !== undefined;
  }

  /** Whether there is a terminal for questions. */
  get interactive(): boolean {
    return this.surroundings.stdin.isTTY === true && this.surroundings.stderr.isTTY === true && !this.json;
  }

  /** Prints the result, for people. */
  print(text = ""): void {
    if (this.json) return;
    this.liveLine?.clear();
    this.surroundings.stdout.write(`${this.paint.shown(text)}\n`);
  }

  /** Prints the result, for programs: with `--json`, once per command. */
  printJson(value: unknown): void {
    if (this.json) this.surroundings.stdout.write(visibleLines(`${JSON.stringify(value, undefined, 2)}\n`));
  }

  /**
   * Prints a large result in pieces, at the pace of the reader. Ends when the reader stops, as `head` does.
   *
   * @param pieces including line breaks
   */
  async write(pieces: Iterable<string>): Promise<void> {
    this.liveLine?.clear();
    const { stdout } = this.surroundings;
    for (const block of inBlocks(this.shown(pieces))) {
      if (!stdout.writable) return;
      if (!stdout.write(block)) await takenBy(stdout);
    }
  }

  private *shown(pieces: Iterable<string>): Generator<string> {
    for (const piece of pieces) yield this.paint.shown(piece);
  }

  /** Prints a line about progress. */
  report(line: string): void {
    this.liveLine?.clear();
    this.surroundings.stderr.write(`${this.colorsErrors ? this.paint.shown(line) : this.paint.bare(line)}\n`);
  }

  /** Shows the current activity: a moving line on a terminal, and nothing elsewhere. */
  showLive(text: string | undefined): void {
    if (text === undefined) this.liveLine?.clear();
    else this.liveLine?.show(visible(this.paint.bare(text)));
  }

  /** Announces an activity: a moving line on a terminal, a plain line elsewhere. */
  announce(text: string): void {
    if (this.liveLine) this.showLive(text);
    else this.report(text);
  }

  /** Asks a yes-or-no question. Anything but yes means no. */
  async confirm(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await this.prompt(`${question} (y/N) `));
  }

  /**
   * Asks for a text.
   *
   * @param initial the answer if only Enter is pressed
   */
  async ask(question: string, initial: string): Promise<string> {
    return (await this.prompt(`${question} (${initial}) `)) || initial;
  }

  private async prompt(question: string): Promise<string> {
    this.liveLine?.clear();
    const { stdin, stderr } = this.surroundings;
    const prompt = createInterface({ input: stdin, output: stderr });
    try {
      // The end of the input (Ctrl-D) would leave a question open forever.
      const ended = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
      return (await Promise.race([prompt.question(this.paint.shown(question)), ended])).trim();
    } finally {
      prompt.close();
    }
  }
}

/** Waits until a stream accepts more, or has ended. */
function takenBy(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "close", "error"];
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MILLISECONDS = 100;
const ERASE_LINE = "\r\u001b[K";

/** A line at the bottom of a terminal that shows the current activity, with an animation. */
class LiveLine {
  private timer: NodeJS.Timeout | undefined;
  private text = "";
  private frame = 0;

  constructor(private readonly stream: NodeJS.WritableStream & { readonly columns?: number }) {}

  show(text: string): void {
    this.text = text;
    this.draw();
    this.timer ??= setInterval(() => this.draw(), FRAME_MILLISECONDS).unref();
  }

  clear(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.stream.write(ERASE_LINE);
  }

  private draw(): void {
    const sign = FRAMES[this.frame++ % FRAMES.length]!;
    // A wrapped line could not be erased.
    this.stream.write(`${ERASE_LINE}${sign} ${this.text.slice(0, (this.stream.columns ?? 80) - 3)}`);
  }
}
