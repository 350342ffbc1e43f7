import { Linter } from "eslint";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository";

/**
 * Lints code as if it were in a file of the checkout, with the checkout's own configuration.
 * @param path of the file, from the top of the checkout
 * @param root the checkout, or a folder with a `lib` of its own
 * @returns the names of the broken rules, with their messages
 */
export function lintText(
  path: string,
  code: string,
  root = repositoryRoot,
): { rule: string | null; message: string }[] {
  const linter = new Linter({ configType: "flat", cwd: root });
  return linter
    .verify(code, require("../../eslint.config.js") as Linter.Config[], { filename: join(root, path) })
    .map(({ ruleId, message }) => ({ rule: ruleId, message }));
}
