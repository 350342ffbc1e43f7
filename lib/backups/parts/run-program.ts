import { execa } from "execa";
import type { ErrorCode } from "../../core/error-codes";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted } from "../../engine/files/concurrently";
import { LineReader } from "../../engine/processes/line-reader";
import type { BackupContext } from "../plan/backup-context";

/** Debian packages that bring the programs, for the message when one is missing. */
const PACKAGES: Readonly<Record<string, string>> = {
  pg_dump: "postgresql-client",
  pg_restore: "postgresql-client",
  "redis-cli": "redis-tools",
  "redis-check-rdb": "redis-tools",
  "redis-server": "redis-server",
  influxd: "influxdb",
};

/** How a program is run. */
export interface ProgramOptions {
  /** Added to PATH, HOME and a C locale; here go secrets, never into the arguments. */
  readonly variables?: Readonly<Record<string, string>>;

  /** Code of the error when it fails. */
  readonly failure: ErrorCode;

  /** Gets each line of the standard output, which is kept nowhere then. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end.
 *
 * @returns its standard output
 * @throws EngineError `BackupProgramMissing`, or `failure` with the end of what it said
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { environment, signal }: BackupContext,
  { variables, failure, onLine }: ProgramOptions,
): Promise<string> {
  return rejectAborted(signal, async () => {
    const child = execa(program, args, {
      env: programEnvironment(environment, variables),
      extendEnv: false,
      reject: false,
      stdin: "ignore",
      buffer: { stdout: onLine === undefined, stderr: true },
      cancelSignal: signal,
    });
    const lines = onLine && new LineReader(onLine);
    if (lines) child.stdout.on("data", (chunk: Buffer) => lines.add(chunk));
    const result = await child;
    lines?.finish();
    signal.throwIfAborted();
    if (result.exitCode === 0) return result.stdout ?? "";
    if ((result as { code?: string }).code === "ENOENT") throw programMissing(program);
    const how =
      result.exitCode === undefined
        ? `was ended (${result.signal ?? result.originalMessage})`
        : `ended with status ${result.exitCode}`;
    const said = `${result.stderr}\n${result.stdout ?? ""}`.trim().slice(-LONGEST_MESSAGE);
    throw new EngineError(failure, `${program} ${how}: ${said || "it said nothing"}`);
  });
}

/** The developer's own settings of the programs must not matter. */
export function programEnvironment(
  { PATH, HOME }: NodeJS.ProcessEnv,
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...(PATH && { PATH }), ...(HOME && { HOME }), LC_ALL: "C", TZ: "UTC", ...variables };
}

/** Says which package brings a program. */
export function programMissing(program: string): EngineError {
  const cure = PACKAGES[program] ? `install Debian's ${PACKAGES[program]}, or what brings it elsewhere` : "install it";
  return new EngineError("BackupProgramMissing", `there is no ${program} on the PATH: ${cure}`);
}

const LONGEST_MESSAGE = 2000;
