import { existsSync } from "node:fs";
import { type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { z } from "zod";
import type { ErrorCode } from "./error-codes";
import { SternaError } from "./errors";
import { readWholeFile } from "./read-file";

/**
 * Reads a JSON file and checks it.
 *
 * @param file path of the file, absolute or relative to the working directory
 * @param schema what the file must look like
 * @param code code of the error when it does not
 * @param example what to write where the file is missing
 * @throws SternaError `FileUnreadable`, `FileNotJson` (with line and column), or `code` (with the places)
 */
export function readJsonFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  code: ErrorCode,
  example?: string,
): z.output<Schema> {
  if (example !== undefined && !existsSync(file)) {
    throw new SternaError("FileUnreadable", `there is no ${file}; write one, such as ${example}`);
  }
  const result = schema.safeParse(parseFile(readWholeFile(file).toString("utf8"), file));
  if (!result.success) throw new SternaError(code, `${file} is invalid:\n${describeIssues(result.error)}`);
  return result.data;
}

/** One line per mistake: its path and what is wrong. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => `  ${issue.path.length === 0 ? "at the top" : issue.path.join(".")}: ${issue.message}`)
    .join("\n");
}

function parseFile(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SternaError("FileNotJson", `${file}${locateError(text)} is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

// Node 20 reports the position of some mistakes only.
function locateError(text: string): string {
  const errors: ParseError[] = [];
  try {
    parseTree(text, errors, { disallowComments: true });
  } catch {
    // The parser is recursive, so endless nesting overflows the stack.
    return "";
  }
  const first = errors[0];
  if (first === undefined) return "";
  const before = text.slice(0, first.offset).split("\n");
  return `:${before.length}:${before.at(-1)!.length + 1} (${printParseErrorCode(first.error)})`;
}
