import type { Progress } from "../step-record";

/** Most often that the ledger is told. */
const INTERVAL_MILLISECONDS = 2_000;
/** At least as often, it is told that the step still runs. */
const HEARTBEAT_MILLISECONDS = 10_000;

/**
 * Notes in the ledger how far a step is. A step that is done within two seconds costs no write at all, and no failure of
 * a note is a failure of the step.
 */
export class ProgressRecorder {
  private readonly timer: NodeJS.Timeout;
  private latest: Omit<Progress, "at"> = { message: "began" };
  private changed = true;
  private writtenAt = -Infinity;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: (progress: Progress) => Promise<void>) {
    this.timer = setInterval(() => this.tick(), INTERVAL_MILLISECONDS).unref();
  }

  /** @param percent of the work that is done, 0 to 100, when the step knows */
  note(message: string, percent?: number): void {
    this.latest = percent === undefined ? { message } : { message, percent };
    this.changed = true;
  }

  /** Ends the notes: afterwards none is under way, so that nothing follows the step's last row. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private tick(): void {
    // The clock of the machine may jump; this one does not.
    const now = performance.now();
    if (this.writing !== undefined || (!this.changed && now - this.writtenAt < HEARTBEAT_MILLISECONDS)) return;
    this.changed = false;
    this.writtenAt = now;
    this.writing = this.write({ ...this.latest, at: new Date().toISOString() })
      .catch(() => undefined)
      .finally(() => (this.writing = undefined));
  }
}
