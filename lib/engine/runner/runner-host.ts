import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorCode } from "../../core/error-codes";
import { EngineError } from "../engine-error";
import { fromRunner, RUN_STEPS, type FromRunner, type RunnerRequest, type RunnerResult, type ToRunner } from "./runner";

const TAIL_CHARACTERS = 2000;
/** What was sent before a process ended may be read after its end. */
const LAST_WORDS_MILLISECONDS = 1000;

export interface RunOptions {
  /** Stops the step. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

/** Runs the steps of a provider in one detached process, which is started for the first step. */
export class RunnerHost {
  private runner?: Runner;

  /** @param command starts the process @default - this program, with the argument that makes it one */
  constructor(
    private readonly command: readonly [string, ...string[]] = [process.execPath, process.argv[1]!, RUN_STEPS],
  ) {}

  /**
   * Runs a step and waits for its end.
   *
   * @throws EngineError why the step failed, or that the process died
   */
  async run(request: RunnerRequest, options: RunOptions = {}): Promise<RunnerResult> {
    // An abort that came before the listener would be missed.
    if (options.signal?.aborted) throw new EngineError("StepInterrupted", "stopped because Terraform was interrupted");
    try {
      return await this.living().run(request, options);
    } catch (error) {
      if (!(error instanceof NotDeliveredError)) throw error;
      // It died since the last step, and nothing has begun.
      this.runner = undefined;
      return this.living().run(request, options);
    }
  }

  /** Lets the process end, once no step runs. */
  async close(): Promise<void> {
    await this.runner?.close();
  }

  private living(): Runner {
    if (this.runner?.alive !== true) this.runner = new Runner(this.command);
    return this.runner;
  }
}

/** The request has not reached the process. */
class NotDeliveredError extends EngineError {}

interface Run {
  onProgress(message: string): void;
  end(reply: FromRunner["reply"] | EngineError): void;
}

/** The process, and the steps that it runs. */
class Runner {
  private readonly child: ChildProcess;
  private readonly runs = new Map<number, Run>();
  private readonly ended: Promise<void>;
  private complaint = "";
  private last = 0;

  constructor([program, ...args]: readonly [string, ...string[]]) {
    this.child = spawn(program, args, { detached: true, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    // Without any resources to start it, a process has no streams either.
    this.child.stderr?.on("data", (chunk: Buffer) => this.complain(chunk.toString()));
    this.child.on("error", (error) => this.complain(`${error.message}\n`));
    this.child.on("message", (message) => this.receive(message));
    this.ended = this.end();
  }

  get alive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null;
  }

  run(request: RunnerRequest, { signal, onProgress }: RunOptions): Promise<RunnerResult> {
    const id = ++this.last;
    const stop = (): void => this.send({ id });
    return new Promise<RunnerResult>((resolve, reject) => {
      this.runs.set(id, {
        onProgress: (message) => onProgress?.(message),
        end: (reply) => {
          this.runs.delete(id);
          if (reply instanceof Error) reject(reply);
          else if (reply && "error" in reply) {
            reject(new EngineError(reply.error.code as ErrorCode, reply.error.message));
          } else resolve(reply!);
        },
      });
      signal?.addEventListener("abort", stop);
      this.send({ id, request }, (error) => {
        this.runs.get(id)?.end(new NotDeliveredError("StepInterrupted", this.notBegun(error)));
      });
    }).finally(() => signal?.removeEventListener("abort", stop));
  }

  async close(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }

  private send(message: ToRunner, onFailure: (error: Error) => void = () => undefined): void {
    if (!this.child.connected) return onFailure(new Error("it has ended"));
    this.child.send(message, (error) => error && onFailure(error));
  }

  private receive(message: unknown): void {
    const { data, error } = fromRunner.safeParse(message);
    const run = this.runs.get(data?.id ?? (message as { id: number }).id);
    if (error) run?.end(new EngineError("StepFailed", `the answer of the step's runner is invalid: ${error.message}`));
    else if (data.reply === undefined) run?.onProgress(data.progress ?? "");
    else run?.end(data.reply);
  }

  private notBegun({ message }: Error): string {
    return `the step did not begin, since its runner could not be reached: ${message}\n${this.complaint}`;
  }

  private complain(text: string): void {
    this.complaint = (this.complaint + text).slice(-TAIL_CHARACTERS);
  }

  /** After the process has exited and its output is read, fails the runs that got no reply. */
  private async end(): Promise<void> {
    const { child } = this;
    const disconnected = new Promise((resolve) => child.once("disconnect", resolve));
    const why = await new Promise<string>((resolve) => {
      child.once("error", (error) => child.pid === undefined && resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit status ${code}`));
    });
    const read = [child.connected && disconnected, child.stderr?.closed === false && once(child.stderr, "close")];
    await Promise.race([Promise.all(read), sleep(LAST_WORDS_MILLISECONDS, undefined, { ref: false })]);
    for (const run of [...this.runs.values()]) {
      run.end(
        new EngineError(
          "StepInterrupted",
          `the step's runner ended with ${why} before it could answer. The step may be half done; apply again to resume it.\n${this.complaint}`,
        ),
      );
    }
  }
}
