import { execa } from "execa";
import { spawn } from "node:child_process";
import { LineReader } from "../../engine/processes/line-reader";
import { identify } from "../../engine/processes/process-identity";
import { type ProcessIdentity } from "../../manifest/step-record";

/** A line opens the gate. A closed pipe without one: who started the command died before the ledger knew of it. */
const GATE = 'read -r _ <&3 || exit 125; exec 3<&-; exec "$@"';

/** A line calls the guard off. A closed pipe without one: the command's runner was killed. */
const GUARD = 'read -r _ || kill -s TERM -- "-$1"';

export interface GuardedCommandOptions {
  /** @default - the working directory of this process */
  readonly directory?: string;
  /** The whole environment of the command. */
  readonly environment: NodeJS.ProcessEnv;
  /** Takes what the command prints. */
  readonly output: CommandOutput;
}

/**
 * Starts a command in a process group of its own that does nothing before `begin`, and is ended when this
 * process is killed: the result of a command whose runner is gone would be lost anyway.
 *
 * Its standard input is empty.
 */
export function startGuardedCommand(command: readonly string[], options: GuardedCommandOptions) {
  const child = execa("/bin/sh", ["-c", GATE, "sterna", ...command], {
    cwd: options.directory,
    env: options.environment,
    extendEnv: false,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A command may print more than memory holds; execa would end it after 100 MB.
    buffer: false,
    reject: false,
    // A group of its own, so that a signal reaches everything that the command started.
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
    /** Names the process group; nothing when the command could not be started. */
    leader,
    begin: (): void => void gate.end("begin\n"),
    /** Ends the command before it began. */
    refuse: (): void => void gate.end(),
    /** Waits no more for output: a process that left the group may hold it open for ever. */
    hangUp: (): void => void [child.stdout, child.stderr].forEach((stream) => stream.destroy()),
    result: child.finally(dismissGuard),
  };
}

function guard(group: number): () => void {
  const process = spawn("/bin/sh", ["-c", GUARD, "sterna-guard", String(group)], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    // Whoever kills the group of this process must not kill the guard with it.
    detached: true,
  });
  process.on("error", () => undefined);
  process.stdin.on("error", () => undefined);
  process.unref();
  return () => process.stdin.end("dismissed\n");
}

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
