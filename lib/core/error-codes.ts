import { backupErrorCodes, engineErrorCodes, stepKindsErrorCodes, transfersErrorCodes } from "./error-codes/engine";
import {
  blueGreenErrorCodes,
  coreErrorCodes,
  migrationsErrorCodes,
  secretsErrorCodes,
  storageErrorCodes,
} from "./error-codes/constructs";
import {
  ciErrorCodes,
  commandLineErrorCodes,
  gatesErrorCodes,
  promotionErrorCodes,
  releasesErrorCodes,
  testingErrorCodes,
} from "./error-codes/promotion";

/**
 * Every code that a `SternaError` can carry, with what it means. `docs/errors.md` is written from this table, and a
 * test fails when a code is used nowhere or the page is out of date.
 */
export const ERROR_CODES = {
  ...engineErrorCodes,
  ...stepKindsErrorCodes,
  ...storageErrorCodes,
  ...coreErrorCodes,
  ...migrationsErrorCodes,
  ...commandLineErrorCodes,
  ...ciErrorCodes,
  ...testingErrorCodes,
  ...promotionErrorCodes,
  ...releasesErrorCodes,
  ...gatesErrorCodes,
  ...transfersErrorCodes,
  ...backupErrorCodes,
  ...secretsErrorCodes,
  ...blueGreenErrorCodes,
} as const satisfies Record<string, string>;

/** The stable name of a mistake. */
export type ErrorCode = keyof typeof ERROR_CODES;
