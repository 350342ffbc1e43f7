import { ZodError } from "zod";
import { EngineError } from "../engine-error";
import { stepRecord, type StepRecord } from "../step-record";

/**
 * Reads a row as a ledger keeps it: the JSON of a `StepRecord`.
 *
 * @param location where the ledger is, for the message
 * @throws EngineError `LedgerRowUnreadable`; the message holds nothing of the row but names
 */
export function readRow(json: string, id: string, location: string): StepRecord {
  try {
    return stepRecord.parse(JSON.parse(json));
  } catch (error) {
    const reason = error instanceof ZodError ? wrongFields(error) : "it is not JSON";
    throw new EngineError(
      "LedgerRowUnreadable",
      `the row of step "${id}" in the ledger in ${location} cannot be read: ${reason}. Was it written by a newer Sterna? Then use that one. Was it changed by hand? Then restore it from a backup of the ledger.`,
      { cause: error },
    );
  }
}

function wrongFields(error: ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`).join("; ");
}
