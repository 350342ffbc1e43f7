import { execa } from "execa";
import { join } from "node:path";
import { repositoryRoot } from "../../support/repository";

/** A job to run, in a checkout. */
export interface JobRequest {
  /** The checkout, absolute. */
  readonly directory: string;
  /** File of the workflow, from the checkout. */
  readonly workflow: string;
  readonly job: string;
  /** What expressions may name: `github`, `matrix`, `needs`, `vars`, `secrets`, `inputs`. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** Variables of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder for uploaded artifacts. */
  readonly artifacts: string;
}

/** A script that ran. */
export interface FinishedStep {
  readonly name: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What a job did. */
export interface FinishedJob {
  readonly skipped: boolean;
  readonly failed: boolean;
  readonly steps: readonly FinishedStep[];
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs a job of a workflow for GitHub Actions. */
export async function runWorkflowJob(request: JobRequest): Promise<FinishedJob> {
  const program = join(repositoryRoot, "test/cli/ci/run-workflow-job.mts");
  const { stdout } = await execa(process.execPath, ["--import", "tsx", program], {
    cwd: repositoryRoot,
    input: JSON.stringify(request),
  });
  return JSON.parse(stdout) as FinishedJob;
}
