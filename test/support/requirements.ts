import { describe, expect } from "@jest/globals";
import { appendFileSync, mkdirSync } from "node:fs";
import { relative } from "node:path";
import { standInAvailable } from "./aws-stand-in";
import { findPostgres } from "./postgres-binaries";
import { findProvider } from "./provider-mirror";
import { repositoryRoot, scratchRoot } from "./repository";
import { SKIPPED_FILE, type Skipped } from "./skipped";
import { terraformAvailable } from "./terraform";

/** What some tests need and npm does not bring, with the test for it. */
export const REQUIREMENTS = {
  terraform: terraformAvailable,
  /** Terraform's AWS provider, found without a network. */
  aws_provider: () => findProvider() !== undefined,
  moto_server: standInAvailable,
  postgres: () => findPostgres() !== undefined,
} as const satisfies Record<string, () => boolean>;

export type Requirement = keyof typeof REQUIREMENTS;

/**
 * `describe` for suites that need something npm does not bring. Where that is missing, the suite is skipped, its title
 * says why, and it is counted in `.test/skipped.jsonl`, which makes CI fail.
 */
export function requires(...requirements: Requirement[]): (title: string, suite: () => void) => void {
  const missing = requirements.filter((requirement) => !REQUIREMENTS[requirement]());
  if (missing.length === 0) return (title, suite) => describe(title, suite);
  return (title, suite) => {
    const file = relative(repositoryRoot, expect.getState().testPath ?? "");
    mkdirSync(scratchRoot, { recursive: true });
    appendFileSync(SKIPPED_FILE, `${JSON.stringify({ file, title, missing } satisfies Skipped)}\n`);
    describe.skip(`${title} [skipped: ${missing.join(" and ")} missing]`, suite);
  };
}
