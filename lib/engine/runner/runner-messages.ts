import { z } from "zod";
import { ledgerConfig } from "../ledgers/ledger-config";
import { stepDefinition, stepRecord } from "../step-record";

/** What the provider asks of a runner, as JSON on its standard input. */
export const runnerRequest = z.object({
  action: z.enum(["apply", "rollback"]),
  definition: stepDefinition,
  ledger: ledgerConfig,
  place: z.object({ system: z.string(), environment: z.string(), directory: z.string() }),
});
export type RunnerRequest = z.infer<typeof runnerRequest>;

/** What a runner answers: one JSON object per line on its standard output, the last one the result. */
export const runnerReply = z.union([
  z.object({ progress: z.string() }),
  z.object({ applied: z.object({ record: stepRecord, outcome: z.enum(["ran", "found", "probed"]) }) }),
  z.object({ rolledBack: z.enum(["undone", "kept", "nothing"]) }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);
export type RunnerReply = z.infer<typeof runnerReply>;
