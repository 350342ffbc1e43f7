import { execa } from "execa";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reporter } from "../reporter";
import { WITHOUT_CREATION_TRACES } from "../../core/creation-traces";
import type { ErrorCode } from "../../core/error-codes";
import { type Problem, PROBLEMS_FILE, RefusedError, SternaError } from "../../core/errors";
import { TRIED_PINS } from "../../manifest/pins-file";
import type { Project } from "./project";
import { readSynthesis, type Synthesis } from "./stacks";

/** Heap in megabytes that cdktf gives an app if NODE_OPTIONS does not set it (cdktf-cli, synth-stack.ts). */
const HEAP_MEGABYTES = 4096;

/**
 * Runs the app like `cdktf synth`, and reads its output. Needs no Terraform and no network.
 *
 * @param tried variable with the proposed pins; by default the app reads `releases.json`
 * @throws SternaError `SynthesisFailed` with the app's own error, `NotSynthesized`
 * @throws RefusedError what the gates of the synthesis refuse
 */
export async function synthesize(
  project: Project,
  environment: NodeJS.ProcessEnv,
  terminal: Reporter,
  tried: NodeJS.ProcessEnv = {},
): Promise<Synthesis> {
  terminal.announce("synthesizing…");
  const folder = mkdtempSync(join(tmpdir(), "sterna-app-"));
  const problemsFile = join(folder, "problems.json");
  const result = await execa({
    // eslint-disable-next-line no-restricted-syntax -- The command line is the user's own, from cdktf.json; nothing is added to it.
    shell: true,
    cwd: project.directory,
    env: {
      ...appEnvironment(project, environment),
      ...(terminal.verbose ? {} : WITHOUT_CREATION_TRACES),
      ...tried,
      [PROBLEMS_FILE]: problemsFile,
    },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
  })(project.app);
  const problems = readProblems(problemsFile);
  rmSync(folder, { recursive: true, force: true });
  terminal.showLive(undefined);
  const said = [result.stdout, result.stderr].filter(Boolean).join("\n");
  if (terminal.verbose && said !== "") terminal.report(said);
  if (result.failed) {
    const status = result.exitCode === undefined ? `signal ${result.signal ?? "unknown"}` : `exit ${result.exitCode}`;
    const told = withPlace(explainAppFailure(result.stderr || result.stdout), problems ?? []);
    const refusal = synthRefusal(told);
    if (refusal !== undefined) {
      const message = told.replace(/^\[\w+\] (?:\w+Error: )?/, "");
      throw Object.assign(new RefusedError(refusal, message), { problems });
    }
    const failure = new SternaError(
      "SynthesisFailed",
      `the app failed (${status}):\n${told}\n` +
        `It was run as \`${project.app}\`${terminal.verbose ? "" : "; add --verbose to see all that it said"}.`,
    );
    throw Object.assign(failure, { problems });
  }
  const synthesis = readSynthesis(project);
  for (const warning of synthesis.warnings) terminal.report(`${terminal.colors.yellow("warning")}: ${warning}`);
  return synthesis;
}

/** The mistakes that stopped the app, each with its code. Undefined if the cause was something else. */
function readProblems(file: string): readonly Problem[] | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Problem[]) : undefined;
}

/** Like cdktf: Terraform's variables are for Terraform only. Only the caller can pass proposed pins. */
function appEnvironment({ output }: Project, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith("TF_VAR_") && name !== TRIED_PINS);
  return {
    ...Object.fromEntries(kept),
    NODE_OPTIONS: environment.NODE_OPTIONS || `--max-old-space-size=${HEAP_MEGABYTES}`,
    CDKTF_OUTDIR: output,
  };
}

/** The output of the app, with the line in the project, and in Sterna's words if another package threw. */
function withPlace(told: string, problems: readonly Problem[]): string {
  const last = problems.at(-1);
  if (last === undefined) return told;
  const { code, message, location } = last;
  const text = told.includes(code) || code === "AppFailed" ? told : `[${code}] ${message}`;
  return location === undefined || text.includes(location) ? text : `${text} (${location})`;
}

const LAST_LINES = 15;

/**
 * The output of a failed app without the stack trace: its error line (`ValidationError: …`, `error[Code]: …`) with the
 * code that Node prints among the error's properties, or else the last lines.
 */
export function explainAppFailure(output: string): string {
  const lines = output.replace(/\u001b\[[0-9;]*m/g, "").split(/\r?\n/);
  const start = lines.findIndex((line) => /^(?:Uncaught )?(?:error\[\w+\]|[A-Z]\w*Error(?: \[\w+\])?): /.test(line));
  if (start >= 0) {
    const rest = lines.slice(start);
    const end = rest.findIndex((line, index) => index > 0 && (/^\s+at /.test(line) || line.trim() === ""));
    const message = rest.slice(0, end < 0 ? undefined : end).map((line) => line.replace(/ \{$/, ""));
    const code = /^\s+code: '(\w+)'/m.exec(output)?.[1];
    return code === undefined || message[0]!.includes(code) ? message.join("\n") : `[${code}] ${message.join("\n")}`;
  }
  const told = lines.filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return told.slice(-LAST_LINES).join("\n") || "it printed nothing";
}

/** Errors of an app whose synthesis a gate refused: nothing is broken. */
const SYNTH_REFUSALS: ReadonlySet<string> = new Set<ErrorCode>([
  "CorsNotExplicit",
  "ListenerWithoutTls",
  "NoUpgradePath",
  "PinSkipsEnvironment",
  "PlainSecretInEnvironment",
  "RequiredStopSkipped",
  "ServiceNotAlarmed",
  "StatefulNotBackedUp",
  "StepWithoutWayBack",
  "SynthGateRefused",
]);

/** The code of the gate that refused a synthesis. */
function synthRefusal(failure: string): ErrorCode | undefined {
  const code = /^\[(\w+)\] /.exec(failure)?.[1];
  return code !== undefined && SYNTH_REFUSALS.has(code) ? (code as ErrorCode) : undefined;
}
