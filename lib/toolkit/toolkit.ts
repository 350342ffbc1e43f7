import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import { openProject, type Project } from "./project/project";
import { chainOf, findSystem, type Synthesis } from "./project/stacks";
import { synthesize } from "./project/synthesize";
import { completeReporter, type Reporter, type ToolkitContext } from "./reporter";

/** Options of `openToolkit`. */
export interface ToolkitOptions {
  /**
   * Folder of the project, which contains `cdktf.json`.
   * @default process.cwd()
   */
  readonly directory?: string;

  /**
   * Variables for the app and Terraform, and for resolving references of ledgers.
   * @default process.env
   */
  readonly variables?: NodeJS.ProcessEnv;

  /**
   * Receives progress reports of long work. Any of its functions may be omitted.
   * @default - nothing is reported
   */
  readonly reporter?: Partial<Reporter>;
}

/** An opened project: the first argument of every function of the toolkit. */
export interface Toolkit extends ToolkitContext {
  readonly project: Project;
}

/** Options of a function for one system in one environment. */
export interface StackOptions {
  /** System, such as `app-ef`. */
  readonly system: string;

  /** Environment, such as `staging`. */
  readonly environment: string;
}

/** Options of a function for all systems, or for one of them. */
export interface SystemsOptions {
  /**
   * Only this system.
   * @default - all systems of the app
   */
  readonly system?: string;
}

/**
 * Opens a project.
 *
 * @throws SternaError `ProjectMissing`, `InvalidProject`, `FileNotJson`
 */
export function openToolkit(options: ToolkitOptions = {}): Toolkit {
  const { directory = process.cwd(), variables = process.env, reporter } = options;
  return {
    project: openProject(directory),
    surroundings: { environment: variables },
    terminal: completeReporter(reporter),
  };
}

/**
 * Runs the app, and reads its output.
 *
 * @param tried variable with proposed pins
 * @throws SternaError `SynthesisFailed`, `NotSynthesized`
 * @throws RefusedError what the gates of the synthesis refuse
 */
export function synthesizeApp(
  { project, surroundings, terminal }: Toolkit,
  tried?: NodeJS.ProcessEnv,
): Promise<Synthesis> {
  return synthesize(project, surroundings.environment, terminal, tried);
}

/**
 * Runs the app, and finds a system in an environment.
 *
 * @throws SternaError as `synthesizeApp`, `UnknownSystem`, `UnknownEnvironment`
 */
export async function openStack(
  toolkit: Toolkit,
  { system, environment }: StackOptions,
  tried?: NodeJS.ProcessEnv,
): Promise<SynthesizedSystem> {
  return findSystem(await synthesizeApp(toolkit, tried), system, environment);
}

/**
 * Runs the app, and finds its systems in all environments.
 *
 * @throws SternaError as `synthesizeApp`, `UnknownSystem`
 */
export async function openSystems(toolkit: Toolkit, { system }: SystemsOptions): Promise<readonly SynthesizedSystem[]> {
  const synthesis = await synthesizeApp(toolkit);
  return system === undefined ? synthesis.systems : chainOf(synthesis, system);
}
