import { ZodError, type ZodType } from "zod";
import { EngineError } from "../engine-error";
import { stepRecord, type StepRecord } from "../step-record";

/**
 * Reads a row as a ledger keeps it: the JSON of a `StepRecord`.
 *
 * @param location where the ledger is, for the message
 * @throws EngineError `LedgerRowUnreadable`; the message holds nothing of the row but names
 */
export function readRow(json: string, id: string, location: string): StepRecord {
  return readStored(stepRecord, json, `the row of step "${id}" in the ledger in ${location}`);
}

/**
 * Reads what a ledger keeps.
 *
 * @param what names it, for the message
 * @throws EngineError `LedgerRowUnreadable`; the message holds nothing of the content but names
 */
export function readStored<Content>(schema: ZodType<Content>, json: string, what: string): Content {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    const reason = error instanceof ZodError ? wrongFields(error) : "it is not JSON";
    throw new EngineError(
      "LedgerRowUnreadable",
      `${what} cannot be read: ${reason}. Was it written by a newer Sterna? Then use that one. Was it changed by hand? Then restore it from a backup of the ledger.`,
      { cause: error },
    );
  }
}

function wrongFields(error: ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`).join("; ");
}
