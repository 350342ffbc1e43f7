import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpuOfEndedChildren, processTree, type Process } from "./process-tree";

const LOOK_EVERY_MILLISECONDS = 20;
/** A process of Sterna's provider: one that serves Terraform, or one that runs its steps. */
const PROVIDER = /engine\.cjs/;
const RUNNER = /engine\.cjs run-steps/;

/** What a run of a program took. */
export interface Measured {
  readonly seconds: number;
  /** Seconds of CPU of the program and of all that it waited for; 0 where there is no `/proc`. */
  readonly cpu: number;
  /** What it printed. */
  readonly printed: string;
  /** Most megabytes of the program itself, of one provider, of one runner, and of all processes together. */
  readonly memory: {
    readonly program: number;
    readonly provider: number;
    readonly runner: number;
    readonly all: number;
  };
  readonly providers: number;
  readonly runners: number;
}

/**
 * Runs a program to its end, and looks at its processes all the while.
 *
 * @throws Error with what it printed, when it fails
 */
export async function measuredRun(
  command: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Measured> {
  const [program, ...args] = command;
  const startedAt = performance.now();
  const cpuBefore = cpuOfEndedChildren();
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const seen = new Map<number, Process>();
  let all = 0;
  const timer = setInterval(() => {
    const tree = processTree(child.pid!);
    for (const each of tree) seen.set(each.pid, each);
    all = Math.max(
      all,
      tree.reduce((sum, { memory }) => sum + memory, 0),
    );
  }, LOOK_EVERY_MILLISECONDS);
  const [status] = (await once(child, "close")) as [number | null];
  clearInterval(timer);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = cpuOfEndedChildren() - cpuBefore;
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}\n${printed}`);

  const processes = [...seen.values()];
  // A command that is about to start is a copy of the process that starts it, so the parents decide.
  const providers = processes.filter(({ parent, command }) => parent === child.pid && PROVIDER.test(command));
  const isProvider = new Set(providers.map(({ pid }) => pid));
  const runners = processes.filter(({ parent, command }) => isProvider.has(parent) && RUNNER.test(command));
  return {
    seconds,
    cpu,
    printed,
    memory: {
      program: megabytes(seen.get(child.pid!)?.peakMemory ?? 0),
      provider: mostMegabytes(providers),
      runner: mostMegabytes(runners),
      all: megabytes(all),
    },
    providers: providers.length,
    runners: runners.length,
  };
}

function mostMegabytes(processes: readonly Process[]): number {
  return megabytes(Math.max(0, ...processes.map(({ peakMemory }) => peakMemory)));
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
