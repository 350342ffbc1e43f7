import { text } from "node:stream/consumers";
import { adoptStep, repairRow } from "../../engine/executor/adopt-step";
import { Ledgers } from "../../engine/executor/home-ledger";
import { StepBusyError, withIdleLock } from "../../engine/executor/previous-worker";
import { findStep, verifyStep } from "../../engine/executor/question-step";
import { parseLedgerConfig } from "../../engine/ledgers/open-ledger";
import type { StepDefinition, StepRecord } from "../../manifest/step-record";
import "../../provider/kinds";
import { describeError } from "../describe-error";
import { stackRequest, type StackAnswer, type StackRequest, type StackWork } from "./messages";

/**
 * Works on the steps of a stack, one after another, in the folder and with the variables that they run with.
 *
 * @param answer called once for each step
 */
export async function workOnStack(request: StackRequest, answer: (answer: StackAnswer) => void): Promise<void> {
  const ledgers = new Ledgers(() => parseLedgerConfig(request.ledger, "the ledger of the stack"), request.place);
  try {
    for (const step of request.work.steps) {
      try {
        answer({ id: step.id, ...(await workOn(step, request.work, ledgers)) });
      } catch (error) {
        answer({ id: step.id, error: describeError(error) });
      }
    }
  } finally {
    await ledgers.close();
  }
}

async function workOn(step: StepDefinition, work: StackWork, ledgers: Ledgers): Promise<Omit<StackAnswer, "id">> {
  switch (work.action) {
    case "verify":
      return { checks: await verifyStep(step as StepRecord) };
    case "find":
      return { presence: await findStep(step) };
    case "adopt":
      await adoptStep(step, ledgers.of(step));
      return {};
    case "find-workers":
      return findWorker(step, ledgers);
    case "repair":
      return { repaired: await repairRow(step, ledgers.of(step), work.repair) };
  }
}

async function findWorker(step: StepDefinition, ledgers: Ledgers): Promise<{ worker?: string }> {
  try {
    await withIdleLock(ledgers.home(step), step.id, async () => undefined);
    return {};
  } catch (error) {
    if (error instanceof StepBusyError) return { worker: error.holder };
    throw error;
  }
}

/** The worker's process: reads the request from standard input, and writes one result per line to standard output. */
export async function main(): Promise<void> {
  const request = stackRequest.parse(JSON.parse(await text(process.stdin)));
  await workOnStack(request, (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
}
