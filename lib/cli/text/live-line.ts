const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MILLISECONDS = 100;
const ERASE_LINE = "\r\u001b[K";

/** One line at the bottom of a terminal that shows what is going on, with a sign that it still does. */
export class LiveLine {
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
    // A line that wraps could not be erased.
    this.stream.write(`${ERASE_LINE}${sign} ${this.text.slice(0, (this.stream.columns ?? 80) - 3)}`);
  }
}
