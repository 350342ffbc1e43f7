import { EngineError } from "../engine-error";
import { applyStep } from "../executor/apply-step";
import { rollbackStep } from "../executor/rollback-step";
import { logDirectory } from "../executor/step-log";
import type { Ledger } from "../ledgers/ledger";
import { openLedger } from "../ledgers/open-ledger";
import { runnerRequest, type RunnerReply, type RunnerRequest } from "./runner-messages";

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
  // Should nobody be left to read the answer: the ledger has it.
  const controller = new AbortController();
  process.on("SIGTERM", () => controller.abort());
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);

  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const request = runnerRequest.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  await runStep(request, controller.signal, (message) => process.stdout.write(`${JSON.stringify(message)}\n`));
}
