import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { ErrorCode } from "../../core/error-codes";
import { ledgerConfig } from "../../manifest/ledger-config";
import { stepDefinition, stepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import { applyStep } from "../executor/apply-step";
import { rollbackStep } from "../executor/rollback-step";
import { logDirectory } from "../executor/step-log";
import type { Ledger } from "../ledgers/ledger";
import { openLedger } from "../ledgers/open-ledger";

/** Runs one step, holding its lock and writing its row itself: it finishes whether its provider lives or dies. */
export async function runStep(
  request: RunnerRequest,
  signal: AbortSignal,
  reply: (message: RunnerReply) => void,
): Promise<void> {
  const onProgress = (progress: string): void => reply({ progress });
  const options = { signal, onProgress, logs: logDirectory() };
  let ledger: Ledger | undefined;
  try {
    ledger = openLedger(request.ledger, request.place);
    reply(
      request.action === "apply"
        ? { applied: await applyStep(request.definition, ledger, options) }
        : { rolledBack: await rollbackStep(request.definition, ledger, options) },
    );
  } catch (error) {
    const code = error instanceof EngineError ? error.code : "StepFailed";
    reply({ error: { code, message: error instanceof Error ? error.message : String(error) } });
  } finally {
    await ledger?.close();
  }
}

/** The runner's process: request from the standard input, replies to the standard output. */
export async function main(): Promise<void> {
  // If no process is left to read the answer, the ledger has it.
  const controller = new AbortController();
  process.on("SIGTERM", () => controller.abort());
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);

  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const request = runnerRequest.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  await runStep(request, controller.signal, (message) => process.stdout.write(`${JSON.stringify(message)}\n`));
}

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

/** What the provider asks of a runner, as JSON on its standard input. */
const runnerRequest = z.object({
  action: z.enum(["apply", "rollback"]),
  definition: stepDefinition,
  ledger: ledgerConfig,
  place: z.object({ system: z.string(), environment: z.string(), directory: z.string() }),
});
export type RunnerRequest = z.infer<typeof runnerRequest>;

/** What a runner answers: one JSON object per line on its standard output, the last one the result. */
const runnerReply = z.union([
  z.object({ progress: z.string() }),
  z.object({ applied: z.object({ record: stepRecord, outcome: z.enum(["ran", "found", "probed"]) }) }),
  z.object({ rolledBack: z.enum(["undone", "kept", "nothing"]) }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);
type RunnerReply = z.infer<typeof runnerReply>;
