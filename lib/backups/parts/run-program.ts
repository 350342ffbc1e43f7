import { execa } from "execa";
import type { ErrorCode } from "../../core/error-codes";
import { findProgram } from "../../core/find-program";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted } from "../../engine/files/concurrently";
import { LineReader } from "../../engine/processes/line-reader";
import type { BackupContext } from "../plan/backup-context";

/** Debian packages of the programs, for the message when one is missing. */
const PACKAGES: Readonly<Record<string, string>> = {
  pg_dump: "postgresql-client",
  pg_restore: "postgresql-client",
  "redis-cli": "redis-tools",
  "redis-check-rdb": "redis-tools",
  "redis-server": "redis-server",
  influxd: "influxdb",
};

/** Options of a program run. */
export interface ProgramOptions {
  /** Added to PATH, HOME and a C locale. Secrets belong here, never in the arguments. */
  readonly variables?: Readonly<Record<string, string>>;

  /** Code of the error if it fails. */
  readonly failure: ErrorCode;

  /** Receives each line of standard output, which is then not kept. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to completion.
 *
 * @returns its standard output
 * @throws EngineError `BackupProgramMissing`, or `failure` with the end of its output
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

/** The user's own settings for the programs must have no effect. */
export function programEnvironment(
  { PATH, HOME }: NodeJS.ProcessEnv,
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...(PATH && { PATH }), ...(HOME && { HOME }), LC_ALL: "C", TZ: "UTC", ...variables };
}

/** @throws EngineError `BackupProgramMissing` */
export function assertPrograms(programs: readonly string[], { environment }: Pick<BackupContext, "environment">): void {
  const missing = programs.find((program) => findProgram(program, environment) === undefined);
  if (missing !== undefined) throw programMissing(missing);
}

/** An error that names the package of a missing program. */
export function programMissing(program: string): EngineError {
  const cure = PACKAGES[program] ? `install Debian's ${PACKAGES[program]}, or what brings it elsewhere` : "install it";
  return new EngineError("BackupProgramMissing", `there is no ${program} on the PATH: ${cure}`);
}

const LONGEST_MESSAGE = 2000;
