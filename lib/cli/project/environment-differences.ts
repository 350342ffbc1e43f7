import { existsSync } from "node:fs";
import type { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { environmentsFile } from "../../environments/environments-file";
import { DeclaredDifferences, type FreeAttribute } from "../../promotion/proof/declared-differences";
import type { Project } from "./project";

/** What an environment declares to be its own: it needs no proof. */
export interface EnvironmentDifferences {
  readonly declared: DeclaredDifferences;
  /** Names of what is declared. */
  readonly names: readonly string[];
  readonly free: readonly FreeAttribute[];
}

/**
 * Reads what `environments.json` says about a system in an environment: the variables, the region and the name of the
 * environment itself.
 *
 * @throws SternaError `FileNotJson`, `InvalidEnvironments`
 */
export function readDifferences(project: Project, system: string, environment: string): EnvironmentDifferences {
  const { environments, differences }: z.output<typeof environmentsFile> = existsSync(project.environmentsFile)
    ? readJsonFile(project.environmentsFile, environmentsFile, "InvalidEnvironments")
    : { environments: [] };
  const entry = environments.find(({ name }) => name === environment);
  const values = {
    // A variable that is called so says more about it.
    ENVIRONMENT: environment,
    ...(entry?.region === undefined ? {} : { REGION: entry.region }),
    ...entry?.variables?.[system],
  };
  return {
    declared: new DeclaredDifferences(values),
    names: Object.keys(values),
    free: differences ?? [],
  };
}
