import type { ErrorCode } from "../core/error-codes";

/** Throws a ValidationError that names the rule. */
export type Fail = (code: ErrorCode, message: string) => never;
