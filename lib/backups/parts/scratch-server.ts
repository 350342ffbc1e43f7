import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../../engine/engine-error";
import type { BackupContext } from "../plan/backup-context";
import { programEnvironment, programMissing } from "./run-program";

const START_SECONDS = 300;
const POLL_MILLISECONDS = 50;
const GRACE_MILLISECONDS = 10_000;

/** A temporary server in its own folder. */
export interface ScratchServerOptions {
  readonly program: string;

  /** @param folder an empty folder, removed afterwards */
  prepare(folder: string): Promise<readonly string[]>;

  /** Whether the server accepts queries yet. Throws or returns false until then. */
  answers(folder: string): Promise<boolean>;
}

/**
 * Starts a server, runs work with it, then stops it and removes everything that it wrote.
 *
 * @throws EngineError `BackupProgramMissing`, `BackupUnreadable` when it does not start, with its log
 */
export async function withScratchServer<T>(
  { program, prepare, answers }: ScratchServerOptions,
  context: BackupContext,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  // In the temporary folder of the system: the path of a socket is limited to 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), "sterna-"));
  try {
    const args = await prepare(folder);
    const log = openSync(join(folder, "log"), "wx", 0o600);
    const server = spawn(program, args, {
      cwd: folder,
      env: programEnvironment(context.environment),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const failed = new Promise<Error>((resolve) => server.once("error", resolve));
    const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
    const endWithThisProcess = (): void => void server.kill("SIGKILL");
    process.once("exit", endWithThisProcess);
    try {
      await waitUntilItAnswers();
      return await work(folder);
    } finally {
      process.off("exit", endWithThisProcess);
      await end();
    }

    async function waitUntilItAnswers(): Promise<void> {
      const deadline = performance.now() + START_SECONDS * 1000;
      while (!(await answers(folder).catch(() => false))) {
        const error = await Promise.race([failed, exited, sleep(POLL_MILLISECONDS, "waits" as const)]);
        if (error === "waits" && performance.now() < deadline) {
          context.signal.throwIfAborted();
          continue;
        }
        if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") throw programMissing(program);
        const said = (await readFile(join(folder, "log"), "utf8")).slice(-LONGEST_MESSAGE);
        throw new EngineError("BackupUnreadable", `${program} did not start from the backup: ${said}`);
      }
    }

    async function end(): Promise<void> {
      if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
      const exit = once(server, "exit");
      server.kill("SIGTERM");
      const killer = setTimeout(() => server.kill("SIGKILL"), GRACE_MILLISECONDS);
      await exit;
      clearTimeout(killer);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const LONGEST_MESSAGE = 2000;
