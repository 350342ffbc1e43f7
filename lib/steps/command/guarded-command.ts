import { execa } from "execa";
import { spawn } from "node:child_process";
import { LineReader } from "../../engine/processes/line-reader";
import { identify } from "../../engine/processes/process-identity";
import { type ProcessIdentity } from "../../manifest/step-record";

/**
 * A line opens the gate. If the pipe closes without one, the process that started the command died before the ledger
 * recorded it.
 */
const GATE = 'read -r _ <&3 || exit 125; exec 3<&-; exec "$@"';

/** A line dismisses the guard. If the pipe closes without one, the command's runner was killed. */
const GUARD = 'read -r _ || kill -s TERM -- "-$1"';

export interface GuardedCommandOptions {
  /** @default - the working directory of this process */
  readonly directory?: string;
  /** The whole environment of the command. */
  readonly environment: NodeJS.ProcessEnv;
  /** Receives the output of the command. */
  readonly output: CommandOutput;
}

/**
 * Starts a command in its own process group. The command does nothing before `begin`, and is killed if this process is
 * killed: its result would be lost anyway.
 *
 * Its standard input is empty.
 */
export function startGuardedCommand(command: readonly string[], options: GuardedCommandOptions) {
  const child = execa("/bin/sh", ["-c", GATE, "sterna", ...command], {
    cwd: options.directory,
    env: options.environment,
    extendEnv: false,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // The output may exceed memory; execa would kill the command after 100 MB.
    buffer: false,
    reject: false,
    // A separate group, so that a signal reaches everything that the command started.
    detached: true,
    cleanup: false,
  });
  child.stdout.on("data", (chunk: Buffer) => options.output.addOutput(chunk));
  child.stderr.on("data", (chunk: Buffer) => options.output.addError(chunk));
  const gate = child.stdio[3] as unknown as NodeJS.WritableStream;
  gate.on("error", () => undefined);
  const leader: ProcessIdentity | undefined = child.pid === undefined ? undefined : identify(child.pid);
  const dismissGuard = leader === undefined ? (): void => undefined : guard(leader.pid);
  return {
    /** Id of the process group. Undefined if the command could not be started. */
    leader,
    begin: (): void => void gate.end("begin\n"),
    /** Ends the command before it has begun. */
    refuse: (): void => void gate.end(),
    /** Stops waiting for output: a process that left the group may hold it open forever. */
    hangUp: (): void => void [child.stdout, child.stderr].forEach((stream) => stream.destroy()),
    result: child.finally(dismissGuard),
  };
}

function guard(group: number): () => void {
  const process = spawn("/bin/sh", ["-c", GUARD, "sterna-guard", String(group)], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    // A signal that kills the group of this process must not kill the guard.
    detached: true,
  });
  process.on("error", () => undefined);
  process.stdin.on("error", () => undefined);
  process.unref();
  return () => process.stdin.end("dismissed\n");
}

/** Bytes of standard output that are kept for comparison. */
const LONGEST_ANSWER = 1024 * 1024;
/** Characters from the end of both outputs that a message shows. */
const TAIL_CHARACTERS = 4096;
/** More would be unreadable, and would slow the command down. */
const LINES_PER_SECOND = 100;

/**
 * The kept part of a command's output, which may exceed memory: the beginning of standard output for comparison, and
 * the end of both outputs for messages. Lines are reported as they arrive.
 */
export class CommandOutput {
  private readonly answer: Buffer[] = [];
  private answerBytes = 0;
  // Each output has its own lines: a chunk of one may arrive in the middle of a line, or of a secret, of the other.
  private readonly readers = [0, 1].map(() => new LineReader((line) => this.addLine(line)));
  private readonly end: string[] = [];
  private endCharacters = 0;
  private second = 0;
  private linesInSecond = 0;
  private unreported = 0;

  constructor(private readonly report: (line: string) => void) {}

  /** Adds a chunk of standard output. */
  addOutput(chunk: Buffer): void {
    const room = LONGEST_ANSWER - this.answerBytes;
    if (room > 0) this.answer.push(chunk.subarray(0, room));
    this.answerBytes += chunk.length;
    this.readers[0]!.add(chunk);
  }

  /** Adds a chunk of standard error. */
  addError(chunk: Buffer): void {
    this.readers[1]!.add(chunk);
  }

  /** Reports the rest: the last line may lack its line break. */
  finish(): void {
    for (const reader of this.readers) reader.finish();
    this.reportUnreported();
  }

  /** Standard output without its last line break, as with `$(…)`. Longer output is truncated and marked. */
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
