import type { IConstruct } from "constructs";
import type { ErrorCode } from "./error-codes";
import { SternaError } from "./sterna-error";

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
