import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

/** Names one process of one machine, also after its process id was given to another. */
export const processIdentity = z.object({
  host: z.string(),
  pid: z.number().int(),
  /** When the process started, in the kernel's clock ticks; absent where the kernel does not tell. */
  startTime: z.string().optional(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** Field 22 of `/proc/PID/stat`. The second field may hold spaces and parentheses. Source: proc(5). */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie holds nothing any more: it only waits to be reaped.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, startTime: startTime(process.pid) };
}

/** Whether the process still runs. Of another machine's process nobody here can know: it counts as running. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return identity.startTime === undefined || startTime(identity.pid) === identity.startTime;
}
