import type { IConstruct } from "constructs";
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

/** A mistake in the construct tree. The message ends with the path of the construct that holds it. */
export class ValidationError extends SternaError {
  /**
   * Runs `work` on behalf of a construct: a `SternaError` of a value object gets the construct's path.
   *
   * @throws ValidationError with the code of the `SternaError`
   */
  static locate<Result>(construct: IConstruct, work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SternaError) || error instanceof ValidationError) throw error;
      throw new ValidationError(error.code, error.message, construct);
    }
  }

  override readonly name = "ValidationError";

  /** Path of the construct in the tree, such as `app-ef-staging/beta-to-v1/create-schema`. */
  readonly constructPath: string;

  /**
   * @param code stable name of the mistake, listed in `docs/errors.md`
   * @param message what is wrong, the value got, what is allowed, what to write
   * @param construct the construct that holds the mistake
   */
  constructor(code: ErrorCode, message: string, construct: IConstruct) {
    super(code, `${message} [at ${construct.node.path}]`);
    this.constructPath = construct.node.path;
  }
}
