import type { ErrorCode } from "../core/error-codes";
import type { RenderedStack } from "./rendered-stack";

/** What a check found. */
export interface Finding {
  readonly code: ErrorCode;
  /** Address of the resource in Terraform. */
  readonly address: string;
  /** Path of the construct that made it. */
  readonly path: string;
  /** What is wrong, and what to write instead. Holds no secret. */
  readonly message: string;
}

/** Looks at a rendered stack. */
export type StackCheck = (stack: RenderedStack) => readonly Finding[];
