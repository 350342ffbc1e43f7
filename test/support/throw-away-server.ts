import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guardOrphan } from "../../lib/testing/postgres/orphan-guard";

const START_SECONDS = 30;

/** A server of a test, in a folder of its own. */
export interface ThrowAwayServer {
  readonly pid: number;
  readonly directory: string;

  /** Ends the server and removes its folder. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a server in a new folder, and waits until it answers. It ends with this process, whatever ends that.
 *
 * @param prepare gets the folder, and gives the arguments
 * @throws Error with its log when it does not start
 */
export async function startServer(
  program: string,
  prepare: (directory: string) => readonly string[],
  answers: () => Promise<unknown>,
): Promise<ThrowAwayServer> {
  const directory = mkdtempSync(join(tmpdir(), `${program}-`));
  const log = openSync(join(directory, "log"), "w");
  const server = spawn(program, prepare(directory), { cwd: directory, stdio: ["ignore", log, log] });
  closeSync(log);
  server.on("error", () => {});
  const dismissGuard = server.pid === undefined ? () => {} : guardOrphan(server.pid, "KILL");
  const stop = async () => {
    if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) {
      const exit = once(server, "exit");
      server.kill("SIGKILL");
      await exit;
    }
    dismissGuard();
    rmSync(directory, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + START_SECONDS * 1000; ; await sleep(25)) {
    if (await answers().then(Boolean, () => false)) return { pid: server.pid!, directory, stop };
    if (server.pid !== undefined && server.exitCode === null && Date.now() < deadline) continue;
    const said = readFileSync(join(directory, "log"), "utf8").slice(-2000);
    await stop();
    throw new Error(`${program} did not start\n${said}`);
  }
}
