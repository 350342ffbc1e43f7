import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { environmentsFile } from "../../manifest/environments-file";
import { ConfiguredExpressions, type StackConfiguration } from "../../promotion/plan/expressions";
import { DeclaredDifferences, type FreeAttribute } from "../../promotion/plan/fingerprint";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import type { Project } from "./project";
import { StackFiles } from "./stack-files";

/** Declared differences of an environment, which need no proof. */
export interface EnvironmentDifferences {
  readonly declared: DeclaredDifferences;
  /** Names of the declared differences. */
  readonly names: readonly string[];
  readonly free: readonly FreeAttribute[];
}

/**
 * Reads the declarations in `environments.json` for a system in an environment: the variables, the region and the name
 * of the environment itself.
 *
 * @throws SternaError `FileNotJson`, `InvalidEnvironments`
 */
export function readDifferences(project: Project, system: string, environment: string): EnvironmentDifferences {
  const { environments, differences }: z.output<typeof environmentsFile> = existsSync(project.environmentsFile)
    ? readJsonFile(project.environmentsFile, environmentsFile, "InvalidEnvironments")
    : { environments: [] };
  const entry = environments.find(({ name }) => name === environment);
  const values = {
    // A variable of the same name takes precedence.
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

const blocks = z.record(z.string(), z.unknown());
const namedBlocks = z.record(z.string(), blocks);

/** The parts of a `cdk.tf.json` that are read. */
const configuration = z.looseObject({
  resource: namedBlocks.optional(),
  data: namedBlocks.optional(),
  ephemeral: namedBlocks.optional(),
  action: namedBlocks.optional(),
  module: blocks.optional(),
  locals: z.unknown().optional(),
  variable: blocks.optional(),
  provider: blocks.optional(),
  removed: z.unknown().optional(),
  terraform: z.unknown().optional(),
});

/**
 * The expressions of a synthesized stack.
 *
 * @param variables values of its input variables in a plan
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `SynthesisUnreadable`
 */
export function expressionsOf(
  project: Pick<Project, "directory" | "workspace">,
  system: Pick<SynthesizedSystem, "directory">,
  declared: DeclaredDifferences,
  variables: ReadonlyMap<string, unknown>,
): ConfiguredExpressions {
  const files = new StackFiles(system.directory, project.directory, project.workspace, declared);
  return new ConfiguredExpressions(stackConfiguration(system), declared, { files, variables });
}

/**
 * A synthesized stack, from its configuration.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `SynthesisUnreadable`
 */
export function stackConfiguration({ directory }: Pick<SynthesizedSystem, "directory">): StackConfiguration {
  return readJsonFile(join(directory, "cdk.tf.json"), configuration, "SynthesisUnreadable");
}
