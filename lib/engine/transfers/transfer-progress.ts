import { formatBytes } from "../files/format-bytes";
import type { StepContext } from "../kinds/step-kind";

const REPORT_EVERY_MILLISECONDS = 1000;

/** Says how far a transfer is: objects, percent of the bytes, rate of what was really copied. */
export class TransferProgress {
  private readonly begun = Date.now();
  private reported = Date.now();
  private objects = 0;
  private bytes = 0;
  private copied = 0;

  constructor(
    private readonly context: StepContext,
    private readonly totalObjects: number,
    private readonly totalBytes: number,
  ) {}

  /** Objects that were found in the target. */
  found(objects: number, bytes: number): void {
    this.objects += objects;
    this.bytes += bytes;
  }

  /** An object that arrived. */
  arrived(bytes: number): void {
    this.found(1, bytes);
    this.copied += bytes;
    if (Date.now() - this.reported < REPORT_EVERY_MILLISECONDS) return;
    this.reported = Date.now();
    this.report();
  }

  report(): void {
    const seconds = Math.max(0.001, (Date.now() - this.begun) / 1000);
    const percent =
      this.totalBytes === 0 ? this.share(this.objects, this.totalObjects) : this.share(this.bytes, this.totalBytes);
    this.context.progress(
      `${this.objects}/${this.totalObjects} objects, ${formatBytes(this.copied)} copied, ${formatBytes(Math.round(this.copied / seconds))}/s`,
      percent,
    );
  }

  /** Objects that appear while the transfer runs are not in the total. */
  private share(part: number, total: number): number {
    return total === 0 ? 100 : Math.min(100, (100 * part) / total);
  }
}
