import { applyStep } from "../executor/apply-step";
import { rollbackStep } from "../executor/rollback-step";
import { openLedger } from "../ledgers/open-ledger";
import { runnerRequest, type RunnerReply, type RunnerRequest } from "./runner-messages";

/** Runs one step, holding its lock and writing its row itself: it finishes whether its provider lives or dies. */
export async function runStep(
  request: RunnerRequest,
  signal: AbortSignal,
  reply: (message: RunnerReply) => void,
): Promise<void> {
  const ledger = openLedger(request.ledger, request.place);
  const options = { signal, onProgress: (progress: string) => reply({ progress }) };
  try {
    reply(
      request.action === "apply"
        ? { applied: await applyStep(request.definition, ledger, options) }
        : { rolledBack: await rollbackStep(request.definition, ledger, options) },
    );
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    reply({ error: { code: code ?? "StepFailed", message } });
  } finally {
    await ledger.close();
  }
}

/** The runner's process: request from the standard input, replies to the standard output. */
export async function main(): Promise<void> {
  // Nobody may be left to read the answer. The ledger has it.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  const controller = new AbortController();
  process.on("SIGTERM", () => controller.abort());
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);

  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const request = runnerRequest.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  await runStep(request, controller.signal, (message) => process.stdout.write(`${JSON.stringify(message)}\n`));
}
