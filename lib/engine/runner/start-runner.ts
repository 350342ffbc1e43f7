import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ErrorCode } from "../../core/error-codes";
import { EngineError } from "../engine-error";
import { runnerReply, type RunnerReply, type RunnerRequest } from "./runner-messages";

/** First argument of the process that runs one step instead of serving Terraform. */
export const RUN_STEP = "run-step";

const TAIL_CHARACTERS = 2000;

/** A reply that ends a run well. */
export type RunnerResult = Extract<RunnerReply, { applied: unknown } | { rolledBack: unknown }>;

/**
 * Starts a detached runner for a step and waits for its answer.
 *
 * @throws EngineError why the step failed, or that the runner died
 */
export async function startRunner(
  request: RunnerRequest,
  options: { signal?: AbortSignal; onProgress?: (message: string) => void } = {},
): Promise<RunnerResult> {
  // An abort that came before the listener would be missed.
  if (options.signal?.aborted) throw new EngineError("StepInterrupted", "stopped because Terraform was interrupted");
  const child = spawn(process.execPath, [process.argv[1]!, RUN_STEP], { detached: true, stdio: "pipe" });
  const stop = (): void => void child.kill("SIGTERM");
  options.signal?.addEventListener("abort", stop);
  let complaint = "";
  const complain = (text: string): void => void (complaint = (complaint + text).slice(-TAIL_CHARACTERS));
  child.stderr.on("data", (chunk: Buffer) => complain(chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(request));
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ? `signal ${signal}` : `exit status ${code}`));
  });

  let last: Exclude<RunnerReply, { progress: string }> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const reply = parseReply(line);
    if (!reply) complain(`${line}\n`);
    else if ("progress" in reply) options.onProgress?.(reply.progress);
    else last = reply;
  }
  const end = await ended;
  options.signal?.removeEventListener("abort", stop);
  if (last && "error" in last) throw new EngineError(last.error.code as ErrorCode, last.error.message);
  if (last) return last;
  throw new EngineError(
    "StepInterrupted",
    `the step's runner ended with ${end} before it could answer. The step may be half done; apply again, and it goes on.\n${complaint}`,
  );
}

/** A runner that is killed while it writes leaves half a line. */
function parseReply(line: string): RunnerReply | undefined {
  try {
    return runnerReply.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
