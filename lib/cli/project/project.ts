import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { SternaError } from "../../core/sterna-error";

const cdktfJson = z.looseObject({
  app: z.string().min(1, 'must be the command that synthesizes, such as "npx tsx bin/app.ts"'),
  output: z.string().min(1).default("cdktf.out"),
});

/** A Sterna project: the folder that holds `cdktf.json`. All paths are absolute. */
export interface Project {
  readonly directory: string;
  /** The user's own command line that synthesizes. */
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
