import { backupErrorCodes } from "./error-codes/backup";
import { blueGreenErrorCodes } from "./error-codes/blue-green";
import { ciErrorCodes } from "./error-codes/ci";
import { commandLineErrorCodes } from "./error-codes/command-line";
import { coreErrorCodes } from "./error-codes/core";
import { engineErrorCodes } from "./error-codes/engine";
import { gatesErrorCodes } from "./error-codes/gates";
import { migrationsErrorCodes } from "./error-codes/migrations";
import { promotionErrorCodes } from "./error-codes/promotion";
import { releasesErrorCodes } from "./error-codes/releases";
import { secretsErrorCodes } from "./error-codes/secrets";
import { stepKindsErrorCodes } from "./error-codes/step-kinds";
import { storageErrorCodes } from "./error-codes/storage";
import { transfersErrorCodes } from "./error-codes/transfers";

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
