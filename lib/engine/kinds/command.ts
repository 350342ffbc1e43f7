import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { EngineError } from "../engine-error";
import type { ProgramOf } from "../program";
import { stepEnvironment } from "../step-environment";
import type { CheckResult, StepContext, StepKind } from "./step-kind";

type CommandProgram = ProgramOf<"command">;

/** What a stopped command gets to end by itself, before it is killed. */
const GRACE_MILLISECONDS = 10_000;
const TAIL_BYTES = 4096;

/** A script, run by an interpreter. At least once: a crash between the script's end and the ledger row runs it again. */
export const commandKind: StepKind<"command"> = {
  kind: "command",
  effectless: false,

  preview: (program) => [
    `run: ${program.interpreter.join(" ")} <<< ${firstLine(program.up)}`,
    ...program.verify.map((check) => `verify: ${firstLine(check.query)} = ${check.expected}`),
  ],

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
  /** The last lines of both outputs, for a message. */
  readonly tail: string;
}

async function mustSucceed(script: string, program: CommandProgram, context: StepContext): Promise<void> {
  const { exitCode, tail } = await runScript(script, program, context);
  if (exitCode !== 0) throw new EngineError("StepFailed", `the command ended with exit status ${exitCode}\n${tail}`);
}

async function runScript(script: string, program: CommandProgram, context: StepContext): Promise<ScriptResult> {
  context.signal.throwIfAborted();
  const directory = mkdtempSync(join(tmpdir(), "sterna-step-"));
  const path = join(directory, "script");
  const environment = Object.entries(program.environment).map(([name, value]) => [name, context.resolve(value)]);
  try {
    // A file, not the standard input: commands inside the script would read the rest of the script from there.
    writeFileSync(path, script, { mode: 0o600 });
    const [interpreter, ...options] = program.interpreter;
    const child = execa(interpreter!, [...options, path], {
      cwd: program.directory === undefined ? undefined : context.resolve(program.directory),
      env: { ...stepEnvironment(), STERNA_STEP_ID: context.stepId, ...Object.fromEntries(environment) },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      reject: false,
      // A group of its own, so that a signal reaches everything that the script started.
      detached: true,
      cleanup: false,
    });
    const stop = stopper(child.pid);
    context.signal.addEventListener("abort", stop.now);
    child.all.on("data", (chunk: Buffer) => report(chunk, context));
    const result = await child.finally(() => {
      context.signal.removeEventListener("abort", stop.now);
      stop.settled();
    });
    context.signal.throwIfAborted();
    if (result.exitCode === undefined && result.signal === undefined) {
      throw new EngineError("StepFailed", `cannot start "${interpreter}": ${result.originalMessage ?? "unknown"}`);
    }
    return { exitCode: result.exitCode ?? result.signal!, stdout: result.stdout, tail: result.all.slice(-TAIL_BYTES) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Ends a whole process group: politely, then for good. */
function stopper(pid: number | undefined): { now: () => void; settled: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  return {
    now: () => {
      signalGroup("SIGTERM");
      timer = setTimeout(() => signalGroup("SIGKILL"), GRACE_MILLISECONDS);
    },
    settled: () => clearTimeout(timer),
  };
}

function report(chunk: Buffer, context: StepContext): void {
  for (const line of chunk.toString("utf8").split("\n")) if (line.trim() !== "") context.progress(line);
}

function firstLine(script: string): string {
  const lines = script.trim().split("\n");
  return lines.length > 1 ? `${lines[0]} … (${lines.length} lines)` : lines[0]!;
}
