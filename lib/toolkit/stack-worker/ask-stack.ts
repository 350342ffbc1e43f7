import { execa } from "execa";
import { SternaError } from "../../core/errors";
import { sternaPackage } from "../../core/sterna-package";
import { variablesOf, type Project } from "../project/project";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import type { ToolkitContext } from "../reporter";
import { STACK_WORKER } from "./argument";
import { stackAnswer, type StackAnswer, type StackRequest, type StackWork } from "./messages";

const TAIL_CHARACTERS = 2000;

/**
 * Starts a `sterna` process that works on steps of a stack, with the variables of the environment and in the folder of
 * the stack, as the provider does. A process has only one of each.
 *
 * @param announce returns the text to show while the process works on a step
 * @returns a result for each step, in order
 * @throws SternaError `StackWorkerFailed`
 */
export async function askStack(
  project: Project,
  system: SynthesizedSystem,
  work: StackWork,
  { surroundings, terminal }: ToolkitContext,
  announce: (id: string) => string,
): Promise<StackAnswer[]> {
  if (work.steps.length === 0) return [];
  const { directory, environment, ledger } = system;
  const request: StackRequest = { ledger, place: { system: system.system, environment, directory }, work };
  const variables = variablesOf(project, environment, surroundings.environment);
  const child = execa(process.execPath, [...process.execArgv, sternaPackage().binary, STACK_WORKER], {
    cwd: directory,
    env: { STERNA_LEDGER: ledger, STERNA_ENVIRONMENT: environment, ...variables },
    extendEnv: false,
    input: JSON.stringify(request),
    buffer: { stdout: false },
    reject: false,
  });
  const answers: StackAnswer[] = [];
  const show = (): void => {
    const next = work.steps[answers.length];
    terminal.showLive(next && announce(next.id));
  };
  show();
  for await (const line of child.iterable()) {
    answers.push(stackAnswer.parse(JSON.parse(line)));
    show();
  }
  const { stderr, exitCode, signal } = await child;
  terminal.showLive(undefined);
  if (answers.length === work.steps.length) return answers;
  throw new SternaError(
    "StackWorkerFailed",
    `the process that asks the steps of ${system.stack} ended with ${signal ?? `exit status ${exitCode}`} after ${answers.length} of ${work.steps.length} steps\n${stderr.slice(-TAIL_CHARACTERS)}`,
  );
}
