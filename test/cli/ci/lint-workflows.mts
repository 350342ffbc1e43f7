import { validate } from "@actions/languageservice";
import { readFileSync } from "node:fs";
import { TextDocument } from "vscode-languageserver-textdocument";

/**
 * Checks workflows and actions by GitHub's own language service, which the editors have too. It cannot be loaded by Jest:
 * it is made of ES modules that import JSON.
 */
const files = JSON.parse(readFileSync(0, "utf8")) as { readonly path: string; readonly text: string }[];
const findings = await Promise.all(
  files.map(async ({ path, text }) => {
    const found = await validate(TextDocument.create(`file:///${path}`, "yaml", 1, text));
    return found.map(({ message, range }) => `${path}:${range.start.line + 1}: ${message}`);
  }),
);
process.stdout.write(JSON.stringify(findings.flat()));
