/**
 * Every code that a `SternaError` can carry, with what it means. `docs/errors.md` is written from this table, and a
 * test fails when a code is used nowhere or the page is out of date.
 */
export const ERROR_CODES = {
  // Engine: what the Terraform provider reports.
  InvalidProgram: "a step's program does not match the schema of its kind",
  UnresolvedReference: "a program names a variable that is not set where the step runs",
  LedgerNotConfigured: "neither the provider's `ledger` argument nor STERNA_LEDGER says where the ledger is",
  LedgerUnreachable: "the ledger cannot be read or written",
  LedgerOfOtherEnvironment: "the ledger holds rows of another environment",
  AppliedStepEdited: "a step that was applied was edited afterwards",
  AppliedStepRenamed: "a step is destroyed and created in the same plan",
  StepIrreversible: "a step that cannot be undone would be removed",
  StepRemovalRefused: "a step that must stay would be removed",
  StepNotProved: "the previous environment's ledger does not hold this step with the same checksum",
  StepFailed: "a step's `up` failed",
  VerificationFailed: "a step ran, but its verify query did not give the expected value",
  RollbackFailed: "a step's `down` failed",
  StepTimedOut: "a step ran longer than its timeout",
  StepInterrupted: "a step was stopped",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERROR_CODES;
