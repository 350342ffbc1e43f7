import type { ErrorCode } from "./error-codes";

/**
 * A mistake that the person in front of the screen can mend: wrong input, a missing tool, a refused promotion.
 *
 * Everything that is thrown on purpose is a `SternaError`; anything else is a defect of Sterna. The message says
 * what is wrong, the value got, what is allowed, and what to write instead.
 */
export class SternaError extends Error {
  override readonly name: string = "SternaError";

  /**
   * @param code stable name of the mistake, listed in `docs/errors.md`
   * @param message what is wrong and what to do about it
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
