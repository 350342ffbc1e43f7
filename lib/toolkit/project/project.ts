import { parse } from "dotenv";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { SternaError } from "../../core/errors";
import { readUtf8File } from "../../core/read-file";
import { readJsonFile } from "../../core/read-json-file";

const cdktfJson = z.looseObject({
  app: z.string().min(1, 'must be the command that synthesizes, such as "npx tsx bin/app.ts"'),
  output: z.string().min(1).default("cdktf.out"),
});

/** A Sterna project: the folder with `cdktf.json`. All paths are absolute. */
export interface Project {
  readonly directory: string;
  /** The user's command that synthesizes the app. */
  readonly app: string;
  /** Where the app writes the stacks. */
  readonly output: string;
  /** `releases.json`. */
  readonly pinsFile: string;
  /** `environments.json`. */
  readonly environmentsFile: string;
  /** `.sterna`: saved plans, records, logs. */
  readonly workspace: string;
}

/**
 * Opens the project in a folder.
 *
 * @throws SternaError `ProjectMissing`, `InvalidProject`, `FileNotJson`
 */
export function openProject(directory: string): Project {
  const file = join(directory, "cdktf.json");
  if (!existsSync(file)) {
    throw new SternaError(
      "ProjectMissing",
      `there is no cdktf.json in ${directory}; run sterna in the project's folder`,
    );
  }
  const { app, output } = readJsonFile(file, cdktfJson, "InvalidProject");
  return {
    directory,
    app,
    output: resolve(directory, output),
    pinsFile: join(directory, "releases.json"),
    environmentsFile: join(directory, "environments.json"),
    workspace: join(directory, ".sterna"),
  };
}

/**
 * File with values that must not be stored elsewhere and differ between environments: URLs with passwords, profiles.
 */
export function environmentFile({ workspace }: Pick<Project, "workspace">, environment: string): string {
  return join(workspace, `${environment}.env`);
}

/**
 * The variables for Terraform and for opening ledgers in one environment: those of the process, overridden by
 * `.sterna/<environment>.env`.
 *
 * A program uses the same variable for its database in every environment, since identical programs are what proves a
 * release. A command that reads several environments at once needs a value for each.
 *
 * The file is only read: nothing in it is executed or expanded.
 *
 * @throws SternaError `FileUnreadable`, `FileNotUtf8`
 */
export function variablesOf(project: Project, environment: string, process: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = environmentFile(project, environment);
  if (!existsSync(file)) return process;
  return { ...process, ...parse(readUtf8File(file)) };
}
