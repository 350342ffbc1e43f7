import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { visibleLines } from "../../core/visible";
import { assertRegular } from "../files/regular-file";

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** Names the directory of the logs. */
const DIRECTORY_VARIABLE = "STERNA_LOGS";
/** A log that is longer becomes `<step>.log.1`, in the place of the one before. */
const LONGEST_LOG_BYTES = 10 * 1024 ** 2;

/** Directory of the steps' logs: `STERNA_LOGS`, or `.sterna/logs` in the folder of the stack. */
export function logDirectory(environment: NodeJS.ProcessEnv = process.env, stack = process.cwd()): string {
  return resolve(stack, environment[DIRECTORY_VARIABLE] || ".sterna/logs");
}

/**
 * The log of one step: `<step>.log`, mode 600, with what all its runs said. It is written as it comes, so that it tells
 * how far a killed run was. A log that cannot be written never fails a step.
 */
export class StepLog {
  private file: number | undefined;
  private bytes = 0;
  private closed = false;

  constructor(
    private readonly directory: string,
    private readonly stepId: string,
  ) {}

  /** @param text without secrets */
  write(text: string): void {
    if (this.closed) return;
    const time = new Date().toISOString();
    const lines = text.split("\n").map((line) => `${time} ${visibleLines(line)}\n`);
    try {
      for (const line of lines) {
        const file = this.open();
        this.bytes += writeSync(file, line);
        if (this.bytes > LONGEST_LOG_BYTES) this.rotate();
      }
    } catch {
      this.close();
    }
  }

  close(): void {
    this.closed = true;
    this.closeFile();
  }

  private open(): number {
    if (this.file !== undefined) return this.file;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const ignore = join(this.directory, ".gitignore");
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
    // A named pipe in its place would be waited for.
    this.file = openSync(this.path, APPEND | constants.O_NONBLOCK, 0o600);
    const stats = fstatSync(this.file);
    assertRegular(stats, this.path);
    this.bytes = stats.size;
    return this.file;
  }

  private rotate(): void {
    this.closeFile();
    renameSync(this.path, `${this.path}.1`);
  }

  private closeFile(): void {
    const file = this.file;
    this.file = undefined;
    if (file === undefined) return;
    try {
      closeSync(file);
    } catch {
      // The disk is full, or the network is gone: the log ends here.
    }
  }

  private get path(): string {
    return join(this.directory, `${this.stepId}.log`);
  }
}
