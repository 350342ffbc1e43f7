import { SternaError } from "../core/sterna-error";
import { maskFetched } from "../engine/executor/redactor";
import { RefusedError } from "../promotion/refused-error";
import { EXIT_STATUS, type ExitStatus } from "./exit-status";
import type { Terminal } from "./terminal";

/** Says what went wrong, as text or JSON, and what the command ends with. */
export function reportError(error: unknown, terminal: Terminal): ExitStatus {
  terminal.showLive(undefined);
  const { code, message } = describeError(error);
  terminal.printJson({ error: { code, message } });
  if (!terminal.json) {
    const { bold, red } = terminal.colors;
    terminal.report(`${bold(red(`error[${code}]`))}: ${message}`);
  }
  if (terminal.verbose && error instanceof Error) {
    let cause: unknown = error;
    for (; cause instanceof Error; cause = cause.cause) terminal.report(maskFetched(cause.stack ?? ""));
  }
  return error instanceof RefusedError ? EXIT_STATUS.refused : EXIT_STATUS.error;
}

/** What a full disk, missing permissions or a read-only file system answer. */
const FILE_ERRORS = ["EACCES", "EDQUOT", "ENOSPC", "EPERM", "EROFS"];

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
