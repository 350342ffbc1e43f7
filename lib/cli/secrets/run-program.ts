import { execa } from "execa";
import { constants } from "node:os";
import { SternaError } from "../../core/errors";
import { SecretFetcher } from "../../engine/secrets/secret-fetcher";
import { referredSecret } from "../../engine/secrets/stored-secret";

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to the program as well, so it would receive each twice. */
const SENT_BY_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
/** Reasons of the operating system why a program cannot start. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such program on the PATH (ENOENT)",
  EACCES: "it may not be executed (EACCES)",
  E2BIG: "its arguments and variables are too large together (E2BIG)",
};
/** Like the exit status of a shell after a signal ended a program. */
const ENDED_BY_SIGNAL = 128;

/**
 * Runs a program as if it were this process: its streams, its folder, its signals, its exit status. Does not use a
 * shell.
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
  // Even with a pipe as standard input, a program in the foreground receives the terminal's signals.
  const inTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  const passOn = (signal: NodeJS.Signals): void => {
    if (!inTerminal || !SENT_BY_TERMINAL.includes(signal)) child.kill(signal);
  };
  SIGNALS.forEach((signal) => process.on(signal, passOn));
  try {
    const { exitCode, signal, cause } = await child;
    if (exitCode !== undefined) return exitCode;
    if (signal !== undefined) return ENDED_BY_SIGNAL + constants.signals[signal];
    // No message: it may contain a variable, or the arguments.
    const { code = "unknown" } = (cause ?? {}) as NodeJS.ErrnoException;
    throw new SternaError("ProgramMissing", `cannot start ${program}: ${REASONS[code] ?? code}`);
  } finally {
    SIGNALS.forEach((signal) => process.off(signal, passOn));
  }
}

/**
 * Variables with their references resolved. All secrets are fetched concurrently, each once.
 *
 * @param variables also the source of credentials, regions and endpoints
 * @throws SternaError why a variable has no value, with its name
 */
export async function resolveReferences(variables: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const fetcher = new SecretFetcher(variables);
  const resolved = Object.entries(variables).map(async ([name, value = ""]) => {
    try {
      const secret = referredSecret(value, "its value");
      return [name, secret === undefined ? value : await fetcher.fetch(secret)] as const;
    } catch (cause) {
      if (!(cause instanceof SternaError)) throw cause;
      throw new SternaError(cause.code, `${name}: ${cause.message}`, { cause });
    }
  });
  return Object.fromEntries(await Promise.all(resolved));
}
