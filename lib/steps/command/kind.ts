import type { CheckResult } from "../../manifest/step-checks";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shorten } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { stopGroup } from "../../engine/processes/process-identity";
import type { StepContext, StepKind } from "../../engine/step-kind";
import { CommandOutput, startGuardedCommand } from "./guarded-command";
import { commandProgram, type CommandProgram } from "./program";
import { excerpt, LONGEST_EXCERPT } from "../describe";

/**
 * A script, run by an interpreter at least once: after a crash between the script's end and the ledger row, it runs
 * again.
 */
export const commandKind: StepKind<CommandProgram> = {
  kind: "command",
  schema: commandProgram,
  effectless: false,

  preview: (program) => [
    `run: ${program.interpreter.join(" ")} <<< ${firstLine(program.up)}`,
    ...program.verify.map((check) => `verify: ${firstLine(check.query)} = ${shorten(check.expected, LONGEST_EXCERPT)}`),
  ],

  undo: (program) => [`undo: ${program.down === undefined ? "(its program has no down)" : excerpt(program.down)}`],

  loss: (_program, since) => `lost: what its script removes of the data written ${since}; only the script knows`,

  async probe(program, context) {
    if (!program.probe) return false;
    const { exitCode, stdout } = await runScript(program.probe.query, program, context);
    return exitCode === 0 && stdout === program.probe.expected;
  },

  async up(program, context) {
    await mustSucceed(program.up, program, context);
    return undefined;
  },

  async verify(program, context) {
    const results: CheckResult[] = [];
    for (const check of program.verify) {
      const { exitCode, stdout, tail } = await runScript(check.query, program, context);
      results.push({ ...check, actual: exitCode === 0 ? stdout : `exit status ${exitCode}: ${tail}` });
    }
    return results;
  },

  async down(program, context) {
    if (program.down === undefined) throw new EngineError("RollbackFailed", "its program has no down");
    await mustSucceed(program.down, program, context);
  },
};

interface ScriptResult {
  readonly exitCode: number | string;
  readonly stdout: string;
  /** The last lines of both outputs, for messages. */
  readonly tail: string;
}

async function mustSucceed(script: string, program: CommandProgram, context: StepContext): Promise<void> {
  const { exitCode, tail } = await runScript(script, program, context);
  if (exitCode !== 0) throw new EngineError("StepFailed", `the command ended with exit status ${exitCode}\n${tail}`);
}

async function runScript(script: string, program: CommandProgram, context: StepContext): Promise<ScriptResult> {
  context.signal.throwIfAborted();
  const workingDirectory = program.directory === undefined ? undefined : context.resolve(program.directory);
  if (workingDirectory !== undefined) assertDirectory(workingDirectory);
  const environment = Object.entries(program.environment).map(([name, value]) => [name, context.resolve(value)]);
  const directory = mkdtempSync(join(tmpdir(), "sterna-step-"));
  const path = join(directory, "script");
  const output = new CommandOutput((line) => context.progress(line));
  try {
    // A file instead of standard input, which commands in the script would read.
    writeFileSync(path, script, { mode: 0o600 });
    const command = startGuardedCommand([...program.interpreter, path], {
      directory: workingDirectory,
      environment: { ...stepEnvironment(), STERNA_STEP_ID: context.stepId, ...Object.fromEntries(environment) },
      output,
    });
    const { exitCode, signal, originalMessage } = await finished(command, context);
    output.finish();
    context.signal.throwIfAborted();
    if (exitCode === undefined && signal === undefined) {
      throw new EngineError("StepFailed", `cannot start a shell for "${program.interpreter[0]}": ${originalMessage}`);
    }
    return { exitCode: exitCode ?? signal!, stdout: output.stdout, tail: output.tail };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Lets a command begin once the ledger has recorded it, and leaves no processes behind except those that a successful
 * command left on purpose.
 */
async function finished(command: ReturnType<typeof startGuardedCommand>, context: StepContext) {
  const { leader, result } = command;
  if (leader === undefined) return result;
  const stop = (): void => void stopGroup(leader).then(command.hangUp);
  context.signal.addEventListener("abort", stop);
  try {
    await context.announceProcess(leader).catch((error: unknown) => {
      command.refuse();
      throw error;
    });
    command.begin();
    const ended = await result;
    // A killed shell leaves running children. No other run may begin before they have ended.
    if (ended.exitCode !== 0 || context.signal.aborted) await stopGroup(leader);
    return ended;
  } finally {
    context.signal.removeEventListener("abort", stop);
  }
}

/** @throws EngineError `SourceMissing`: the spawn error would report the shell as missing, not the directory */
function assertDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new EngineError("SourceMissing", `the working directory ${path} of the command does not exist`);
}

function firstLine(script: string): string {
  const lines = script.trim().split("\n");
  const first = shorten(lines[0]!, LONGEST_EXCERPT);
  return lines.length > 1 ? `${first} … (${lines.length} lines)` : first;
}

/** Set by the launcher, which clears NODE_OPTIONS for the provider itself but must not change it for the steps. */
const KEPT_NODE_OPTIONS = "STERNA_NODE_OPTIONS";
/** Terraform's variables for its providers, which steps must not see. */
const PRIVATE = /^(TF_PLUGIN_|PLUGIN_|TF_REATTACH_|STERNA_NODE_OPTIONS$)/;

/** The environment of a step's commands: that of Terraform, without the provider's own variables. */
function stepEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !PRIVATE.test(name)));
  const nodeOptions = environment[KEPT_NODE_OPTIONS];
  return nodeOptions ? { ...kept, NODE_OPTIONS: nodeOptions } : kept;
}
