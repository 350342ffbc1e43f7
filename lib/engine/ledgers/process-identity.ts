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

/** What the kernel tells about a process. */
export interface ProcessStatus {
  /** Id of the process group. */
  readonly group: number;
  /** Since the start of the machine, in clock ticks. */
  readonly startTime: string;
  /** A process that has ended, and only waits for its parent to notice. It holds nothing any more. */
  readonly zombie: boolean;
}

/**
 * Reads `/proc/PID/stat`: fields 3 (state), 5 (group) and 22 (start). The second field may hold spaces and
 * parentheses. Source: proc(5).
 *
 * @returns nothing for a process that is gone, or where there is no `/proc`
 */
export function processStatus(pid: number): ProcessStatus | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, , group, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { group: Number(group), startTime: rest[16]!, zombie: state === "Z" };
  } catch {
    return undefined;
  }
}

export function thisProcess(): ProcessIdentity {
  return identify(process.pid);
}

/** Names a running process of this machine. */
export function identify(pid: number): ProcessIdentity {
  return { host: hostname(), pid, startTime: processStatus(pid)?.startTime };
}

/** Whether the process still runs. Of another machine's process nobody here can know: it counts as running. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  if (identity.startTime === undefined) return true;
  const status = processStatus(identity.pid);
  return status !== undefined && !status.zombie && status.startTime === identity.startTime;
}
