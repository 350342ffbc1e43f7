import { execa } from "execa";
import { SternaError } from "../../core/sterna-error";
import { RefusedError } from "../../promotion/refused-error";
import { synthRefusal } from "../gates/synth-refusals";
import type { Terminal } from "../terminal";
import { explainAppFailure } from "./app-failure";
import type { Project } from "./project";
import { readSynthesis, type Synthesis } from "./stacks";

/** Megabytes of heap that cdktf gives an app where NODE_OPTIONS says nothing (cdktf-cli, synth-stack.ts). */
const HEAP_MEGABYTES = 4096;

/**
 * Runs the app the way `cdktf synth` does, and reads what it wrote. Needs no Terraform and no network.
 *
 * @throws SternaError `SynthesisFailed` with the app's own error, `NotSynthesized`
 * @throws RefusedError what the gates of the synthesis refuse
 */
export async function synthesize(
  project: Project,
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<Synthesis> {
  terminal.announce("synthesizing…");
  const result = await execa({
    // eslint-disable-next-line no-restricted-syntax -- The command line is the user's own, from cdktf.json; nothing is added to it.
    shell: true,
    cwd: project.directory,
    env: appEnvironment(project, environment),
    extendEnv: false,
    stdin: "ignore",
    reject: false,
  })(project.app);
  terminal.showLive(undefined);
  const said = [result.stdout, result.stderr].filter(Boolean).join("\n");
  if (terminal.verbose && said !== "") terminal.report(said);
  if (result.failed) {
    const status = result.exitCode === undefined ? `signal ${result.signal ?? "unknown"}` : `exit ${result.exitCode}`;
    const told = explainAppFailure(result.stderr || result.stdout);
    const refusal = synthRefusal(told);
    if (refusal !== undefined) throw new RefusedError(refusal, told.replace(/^\[\w+\] (?:\w+Error: )?/, ""));
    throw new SternaError(
      "SynthesisFailed",
      `the app failed (${status}):\n${told}\n` +
        `It was run as \`${project.app}\`${terminal.verbose ? "" : "; add --verbose to see all that it said"}.`,
    );
  }
  const synthesis = readSynthesis(project);
  for (const warning of synthesis.warnings) terminal.report(`${terminal.colors.yellow("warning")}: ${warning}`);
  return synthesis;
}

/** As cdktf does: Terraform's variables are for Terraform alone. */
function appEnvironment({ output }: Project, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith("TF_VAR_"));
  return {
    ...Object.fromEntries(kept),
    NODE_OPTIONS: environment.NODE_OPTIONS || `--max-old-space-size=${HEAP_MEGABYTES}`,
    CDKTF_OUTDIR: output,
  };
}
