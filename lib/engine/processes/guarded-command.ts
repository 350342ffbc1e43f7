import { spawn } from "node:child_process";
import { execa } from "execa";
import { identify, type ProcessIdentity } from "../ledgers/process-identity";
import type { CommandOutput } from "./command-output";

/** A line opens the gate. A closed pipe without one: who started the command died before the ledger knew of it. */
const GATE = 'read -r _ <&3 || exit 125; exec 3<&-; exec "$@"';

/** A line calls the guard off. A closed pipe without one: the command's runner was killed. */
const GUARD = 'read -r _ || kill -s TERM -- "-$1"';

export interface GuardedCommandOptions {
  /** @default - the working directory of this process */
  readonly directory?: string;
  /** The whole environment of the command. */
  readonly environment: NodeJS.ProcessEnv;
  /** Takes what the command prints. */
  readonly output: CommandOutput;
}

/**
 * Starts a command in a process group of its own that does nothing before `begin`, and is told to end when this
 * process is killed: the result of a command whose runner is gone would be lost anyway.
 *
 * Its standard input is empty.
 */
export function startGuardedCommand(command: readonly string[], options: GuardedCommandOptions) {
  const child = execa("/bin/sh", ["-c", GATE, "sterna", ...command], {
    cwd: options.directory,
    env: options.environment,
    extendEnv: false,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A command may print more than memory holds; execa would end it after 100 MB.
    buffer: false,
    reject: false,
    // A group of its own, so that a signal reaches everything that the command started.
    detached: true,
    cleanup: false,
  });
  child.stdout.on("data", (chunk: Buffer) => options.output.addOutput(chunk));
  child.stderr.on("data", (chunk: Buffer) => options.output.addError(chunk));
  const gate = child.stdio[3] as unknown as NodeJS.WritableStream;
  gate.on("error", () => undefined);
  const leader: ProcessIdentity | undefined = child.pid === undefined ? undefined : identify(child.pid);
  const dismissGuard = leader === undefined ? (): void => undefined : guard(leader.pid);
  return {
    /** Names the process group; nothing when the command could not be started. */
    leader,
    begin: (): void => void gate.end("begin\n"),
    /** Ends the command before it began. */
    refuse: (): void => void gate.end(),
    /** Waits no more for output: a process that left the group may hold it open for ever. */
    hangUp: (): void => void [child.stdout, child.stderr].forEach((stream) => stream.destroy()),
    result: child.finally(dismissGuard),
  };
}

function guard(group: number): () => void {
  const process = spawn("/bin/sh", ["-c", GUARD, "sterna-guard", String(group)], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    // Whoever kills the group of this process must not kill the guard with it.
    detached: true,
  });
  process.on("error", () => undefined);
  process.stdin.on("error", () => undefined);
  process.unref();
  return () => process.stdin.end("dismissed\n");
}
