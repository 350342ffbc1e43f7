import { EngineError } from "../engine-error";
import type { StepRecord } from "../step-record";

/** Whose steps a ledger is asked for. */
export interface LedgerScope {
  readonly system: string;
  readonly environment: string;
}

/**
 * Two environments that share one ledger would adopt each other's steps: staging would look migrated because
 * development was.
 *
 * @throws EngineError `LedgerOfOtherEnvironment`
 */
export function assertScope(record: StepRecord, scope: LedgerScope, location: string): StepRecord {
  if (record.environment !== scope.environment || record.system !== scope.system) {
    throw new EngineError(
      "LedgerOfOtherEnvironment",
      `the ledger in ${location} holds step "${record.id}" of ${record.system} in ${record.environment}, but it was opened for ${scope.system} in ${scope.environment}. Give each environment its own ledger: check which database or directory ${scope.environment} is connected to.`,
    );
  }
  return record;
}
