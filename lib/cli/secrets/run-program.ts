import { constants } from "node:os";
import { execa } from "execa";
import { SternaError } from "../../core/sterna-error";

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const;
/** A terminal sends these to the program as well: it would get each twice. */
const SENT_BY_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
/** As a shell tells of a program that a signal ended. */
const ENDED_BY_SIGNAL = 128;

/**
 * Runs a program as if it were this process: its streams, its folder, its signals, its exit status. No shell takes part.
 *
 * @param command the program and its arguments
 * @returns its exit status
 * @throws SternaError `ProgramMissing`
 */
export async function runProgram(
  [program, ...args]: readonly string[],
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const child = execa(program!, args, {
    cwd: directory,
    env: environment,
    extendEnv: false,
    stdio: "inherit",
    reject: false,
    buffer: false,
  });
  const passOn = (signal: NodeJS.Signals): void => {
    if (process.stdin.isTTY !== true || !SENT_BY_TERMINAL.includes(signal)) child.kill(signal);
  };
  SIGNALS.forEach((signal) => process.on(signal, passOn));
  try {
    const { exitCode, signal, shortMessage } = await child;
    if (exitCode !== undefined) return exitCode;
    if (signal !== undefined) return ENDED_BY_SIGNAL + constants.signals[signal];
    throw new SternaError("ProgramMissing", `cannot start ${program}: ${shortMessage}`);
  } finally {
    SIGNALS.forEach((signal) => process.off(signal, passOn));
  }
}
