import { describe, expect } from "@jest/globals";
import { appendFileSync, mkdirSync } from "node:fs";
import { relative } from "node:path";
import { repositoryRoot, scratchRoot } from "./repository";
import { SKIPPED_FILE, type Skipped } from "./skipped";
import { TOOLS, type ToolName } from "./tools";

/**
 * `describe` for suites that need something npm does not bring. Where that is missing, the suite is skipped, its title
 * says why, and it is counted in `.test/skipped.jsonl`, which makes CI fail.
 */
export function requires(...tools: ToolName[]): (title: string, suite: () => void) => void {
  const missing = tools.filter((tool) => !TOOLS[tool].available());
  if (missing.length === 0) return (title, suite) => describe(title, suite);
  return (title, suite) => {
    const file = relative(repositoryRoot, expect.getState().testPath ?? "");
    mkdirSync(scratchRoot, { recursive: true });
    appendFileSync(SKIPPED_FILE, `${JSON.stringify({ file, title, missing } satisfies Skipped)}\n`);
    describe.skip(`${title} [skipped: ${missing.join(" and ")} missing]`, suite);
  };
}
