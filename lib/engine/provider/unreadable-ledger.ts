import type { ErrorCode } from "../../core/error-codes";
import { EngineError } from "../engine-error";

/** A plan may run before the database or its secret is there, and with credentials that may not read secrets. */
const UNREADABLE: readonly ErrorCode[] = [
  "LedgerUnreachable",
  "SecretMissing",
  "SecretAccessDenied",
  "SecretStoreUnreachable",
];

/** Whether an error says that a ledger cannot be read now, and might be in the apply. */
export function isUnreadableLedger(error: unknown): error is EngineError {
  return error instanceof EngineError && UNREADABLE.includes(error.code);
}
