import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { SternaError } from "../../core/sterna-error";
import type { Project } from "./project";

/** File with what must not be written down elsewhere and differs between environments: URLs with passwords, profiles. */
export function environmentFile({ workspace }: Pick<Project, "workspace">, environment: string): string {
  return join(workspace, `${environment}.env`);
}

/**
 * The variables with which Terraform runs, and with which ledgers are opened, for one environment: those of the
 * process, and over them those of `.sterna/<environment>.env`.
 *
 * A program names its database by one variable in every environment, since equal programs are what proves a release.
 * A command that looks at several environments at once needs a value for each.
 *
 * The file is read, never run: nothing in it is expanded.
 *
 * @throws SternaError `FileUnreadable`
 */
export function variablesOf(project: Project, environment: string, process: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = environmentFile(project, environment);
  if (!existsSync(file)) return process;
  try {
    return { ...process, ...parse(readFileSync(file, "utf8")) };
  } catch (cause) {
    throw new SternaError("FileUnreadable", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
