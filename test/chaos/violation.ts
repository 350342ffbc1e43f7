/** A promise of the engine, or of the suite, that can be broken. */
export type BrokenPromise =
  | "lost"
  | "doubled"
  | "parallel"
  | "not-converged"
  | "plan-not-empty"
  | "ledger-wrong"
  | "leaked-process"
  | "hangs"
  | "setup";

/** A broken promise, with what is needed to see why. */
export class Violation extends Error {
  override readonly name = "Violation";

  constructor(
    readonly promise: BrokenPromise,
    message: string,
  ) {
    super(message);
  }
}
