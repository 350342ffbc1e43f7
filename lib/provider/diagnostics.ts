import { ZodError } from "zod";
import type { ErrorCode } from "../core/error-codes";
import { SternaError } from "../core/errors";
import { EngineError } from "../engine/engine-error";
import type { Diagnostic } from "../engine/protocol/messages";
import { maskFetched } from "../engine/secrets/redactor";

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

/** A plan may run before the database or its secret is there, and with credentials that may not read secrets. */
const UNREADABLE: readonly ErrorCode[] = [
  "LedgerUnreachable",
  "DatabaseRefused",
  "SecretMissing",
  "SecretAccessDenied",
  "SecretStoreUnreachable",
];

/** Whether an error says that a ledger cannot be read now, and might be in the apply. */
export function isUnreadableLedger(error: unknown): error is EngineError {
  return error instanceof EngineError && UNREADABLE.includes(error.code);
}

/** Summary of the warning on a plan that could not look into a step's ledger; it ends with the code, as errors do. */
export function unreadableSummary(step: string, code: ErrorCode): string {
  return `The ledger of step "${step}" cannot be read yet [${code}]`;
}

/** The step and the code that such a summary names. */
export function parseUnreadable(summary: string): { readonly step: string; readonly code: string } | undefined {
  const [, step, code] = /^The ledger of step "([^"]+)" cannot be read yet \[(\w+)\]$/.exec(summary) ?? [];
  return step === undefined || code === undefined ? undefined : { step, code };
}
