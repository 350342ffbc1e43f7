import { ZodError } from "zod";
import { SternaError } from "../../core/sterna-error";
import { maskFetched } from "../executor/redactor";
import type { Diagnostic } from "../protocol/messages";

const ERROR = 1;
const WARNING = 2;

function diagnostic(severity: 1 | 2, summary: string, detail: string, attribute?: string): Diagnostic {
  const path = attribute === undefined ? {} : { attribute: { steps: [{ attributeName: attribute }] } };
  return { severity, summary: maskFetched(summary), detail: maskFetched(detail), ...path };
}

export function warning(summary: string, detail: string, attribute?: string): Diagnostic {
  return diagnostic(WARNING, summary, detail, attribute);
}

/**
 * Any error as a diagnostic: no call of Terraform may ever end in an exception.
 *
 * @param summary what was tried: `Step "create-schema" failed`
 */
export function failure(summary: string, error: unknown, attribute?: string): Diagnostic {
  if (error instanceof SternaError) return diagnostic(ERROR, `${summary} [${error.code}]`, error.message, attribute);
  if (error instanceof ZodError) return diagnostic(ERROR, `${summary} [InvalidProgram]`, describe(error), attribute);
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return diagnostic(ERROR, summary, `This is a defect of Sterna; please report it.\n${detail}`, attribute);
}

function describe(error: ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "(root)"}: ${issue.message}`).join("\n");
}
