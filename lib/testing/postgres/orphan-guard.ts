import { spawn } from "node:child_process";

/**
 * Sends `signal` to a process as soon as this one is gone, whatever ended it, `kill -9` included.
 *
 * A shell holds the reading end of a pipe whose writing end only this process has; the kernel closes it for us.
 * Exit handlers would not do: they run neither after `kill -9` nor reliably inside Jest.
 *
 * @returns calls the guard off; do so before the process is reaped, since its id may be used again afterwards
 */
export function guardOrphan(pid: number, signal: "TERM" | "QUIT" | "KILL"): () => void {
  const guard = spawn("/bin/sh", ["-c", 'read -r _; kill -s "$1" "$2" 2>/dev/null', "guard", signal, String(pid)], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    // Out of the terminal's foreground group: Ctrl-C must not end the guard before it has done its work.
    detached: true,
  });
  guard.on("error", () => {});
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => guard.kill("SIGKILL");
}
