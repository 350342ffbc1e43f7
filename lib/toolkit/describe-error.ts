import { SternaError } from "../core/errors";
import { maskFetched } from "../engine/secrets/redactor";

/** What a full disk, missing permissions or a read-only file system answer. */
export const FILE_ERRORS = ["EACCES", "EDQUOT", "ENOSPC", "EPERM", "EROFS"];

/** Everything thrown on purpose is a `SternaError`. Without what this process fetched from secret stores. */
export function describeError(error: unknown): { code: string; message: string } {
  const message = maskFetched(error instanceof Error ? error.message : String(error));
  if (error instanceof SternaError) return { code: error.code, message };
  if (FILE_ERRORS.includes((error as NodeJS.ErrnoException)?.code ?? "")) return { code: "FileUnwritable", message };
  return {
    code: "Defect",
    message: `this is a defect of Sterna: ${message}. Please report it with what \`--verbose\` prints.`,
  };
}
