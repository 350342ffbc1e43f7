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
  const child = spawn(process.execPath, [process.argv[1]!, RUN_STEP], { detached: true, stdio: "pipe" });
  const stop = (): void => void child.kill("SIGTERM");
  options.signal?.addEventListener("abort", stop);
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-TAIL_CHARACTERS)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(request));
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ? `signal ${signal}` : `exit status ${code}`));
  });

  let last: RunnerReply | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    last = runnerReply.parse(JSON.parse(line));
    if ("progress" in last) options.onProgress?.(last.progress);
  }
  const end = await ended;
  options.signal?.removeEventListener("abort", stop);
  if (last && ("applied" in last || "rolledBack" in last)) return last;
  if (last && "error" in last) throw new EngineError(last.error.code as ErrorCode, last.error.message);
  throw new EngineError(
    "StepInterrupted",
    `the step's runner ended with ${end} before it could answer. The step may be half done; apply again, and it goes on.\n${complaint}`,
  );
}
