import { z } from "zod";
import { ledgerConfig } from "../../manifest/ledger-config";
import { stepDefinition, stepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import { applyStep } from "../executor/apply-step";
import { rollbackStep } from "../executor/rollback-step";
import { logDirectory } from "../executor/step-log";
import type { Ledger } from "../ledgers/ledger";
import { openLedger } from "../ledgers/open-ledger";
import { startRunMarker, type RunMarker } from "../processes/run-marker";

/** First argument of the process that runs steps instead of serving Terraform. */
export const RUN_STEPS = "run-steps";

/** Progress messages queued while the provider does not read. Further ones go only to the log of the step. */
const MOST_UNSENT = 1000;

/** Runs one step, holding its lock and writing its row itself: it finishes whether its provider lives or dies. */
async function runStep(
  request: unknown,
  run: AbortController,
  onProgress: (progress: string) => void,
): Promise<RunnerReply> {
  let marker: RunMarker | undefined;
  let ledger: Ledger | undefined;
  const runner = () => (marker ??= startRunMarker(() => run.abort(markerKilled()))).identity;
  const options = { signal: run.signal, onProgress, logs: logDirectory(), runner };
  try {
    const { action, definition, ledger: config, place } = runnerRequest.parse(request);
    ledger = openLedger(config, place);
    return action === "apply"
      ? { applied: await applyStep(definition, ledger, options) }
      : { rolledBack: await rollbackStep(definition, ledger, options) };
  } catch (error) {
    const code = error instanceof EngineError ? error.code : "StepFailed";
    return { error: { code, message: error instanceof Error ? error.message : String(error) } };
  } finally {
    marker?.end();
    await ledger?.close().catch(() => undefined);
  }
}

/** Others take the run for ended, so it stops whatever its `on_stop` says. */
function markerKilled(): EngineError {
  return new EngineError("StepInterrupted", "stopped because the process that marks its run was killed");
}

/**
 * The process that runs the steps of a provider, several at a time. It takes requests from its parent until that is gone,
 * and ends when no step runs any more.
 *
 * It never changes its working directory, its environment or its umask: these belong to all steps.
 */
export function main(): Promise<void> {
  const runs = new Map<number, AbortController>();
  let unsent = 0;
  // If no process is left to read the answer, the ledger has it.
  const send = (message: FromRunner): void => {
    if (!process.connected || (message.reply === undefined && unsent >= MOST_UNSENT)) return;
    unsent++;
    process.send!(message, undefined, undefined, () => unsent--);
  };
  const start = async (id: number, request: unknown): Promise<void> => {
    const run = new AbortController();
    runs.set(id, run);
    const reply = await runStep(request, run, (progress) => send({ id, progress }));
    runs.delete(id);
    send({ id, reply });
    endIfDone();
  };
  const endIfDone = (): void => {
    if (!process.connected && runs.size === 0) process.exit();
  };
  process.on("SIGTERM", () => runs.forEach((run) => run.abort()));
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  process.on("disconnect", endIfDone);
  process.on("message", (message) => {
    const { id, request } = toRunner.parse(message);
    if (request === undefined) runs.get(id)?.abort();
    else void start(id, request);
  });
  // Whoever starts it by hand has nothing for it to do.
  endIfDone();
  return new Promise(() => undefined);
}

/** What the provider asks of a runner. */
const runnerRequest = z.object({
  action: z.enum(["apply", "rollback"]),
  definition: stepDefinition,
  ledger: ledgerConfig,
  place: z.object({ system: z.string(), environment: z.string(), directory: z.string() }),
});
export type RunnerRequest = z.infer<typeof runnerRequest>;

/** A message to the runner. Without a request, it stops the run. */
const toRunner = z.object({ id: z.number(), request: z.unknown().optional() });
export type ToRunner = { readonly id: number; readonly request?: RunnerRequest };

/** How a run ended. */
const runnerReply = z.union([
  z.object({ applied: z.object({ record: stepRecord, outcome: z.enum(["ran", "found", "probed"]) }) }),
  z.object({ rolledBack: z.enum(["undone", "kept", "nothing"]) }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);
type RunnerReply = z.infer<typeof runnerReply>;

/** A message of the runner: progress of a run, or its end. */
export const fromRunner = z.object({ id: z.number(), progress: z.string().optional(), reply: runnerReply.optional() });
export type FromRunner = z.infer<typeof fromRunner>;

/** A reply that ends a run well. */
export type RunnerResult = Exclude<RunnerReply, { error: unknown }>;
