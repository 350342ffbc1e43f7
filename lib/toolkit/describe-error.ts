import { type Problem, SternaError } from "../core/errors";
import { maskFetched } from "../engine/secrets/redactor";

/** Error codes of a full disk, missing permissions or a read-only file system. */
export const FILE_ERRORS = ["EACCES", "EDQUOT", "ENOSPC", "EPERM", "EROFS"];

/** Describes an error. Every deliberate error is a `SternaError`. Removes secrets that this process has fetched. */
export function describeError(error: unknown): {
  code: string;
  message: string;
  /** Mistakes in the app, each with its code. */
  problems?: readonly Problem[];
} {
  const message = maskFetched(error instanceof Error ? error.message : String(error));
  if (error instanceof SternaError) {
    const { problems } = error as { readonly problems?: readonly Problem[] };
    const masked = problems?.map((problem) => ({ ...problem, message: maskFetched(problem.message) }));
    return { code: error.code, message, ...(masked && { problems: masked }) };
  }
  if (FILE_ERRORS.includes((error as NodeJS.ErrnoException)?.code ?? "")) return { code: "FileUnwritable", message };
  return {
    code: "Defect",
    message: `this is a defect of Sterna: ${message}. Please report it with what \`--verbose\` prints.`,
  };
}
