import { Linter } from "eslint";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository";

/**
 * Lints code as if it stood in a file of the checkout, with the checkout's own configuration.
 * @param path of the file, from the top of the checkout
 * @returns the names of the broken rules, with their messages
 */
export function lintText(path: string, code: string): { rule: string | null; message: string }[] {
  const linter = new Linter({ configType: "flat", cwd: repositoryRoot });
  return linter
    .verify(code, require("../../eslint.config.js") as Linter.Config[], { filename: join(repositoryRoot, path) })
    .map(({ ruleId, message }) => ({ rule: ruleId, message }));
}
