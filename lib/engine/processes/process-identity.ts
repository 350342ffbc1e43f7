import { ProcessIdentity } from "../../manifest/step-record";
import { readFileSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

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
function processStatus(pid: number): ProcessStatus | undefined {
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

/** Whether the process still runs. A process of another machine cannot be checked, so it counts as running. */
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

/** What a stopped group gets to end by itself, before it is killed. */
const GRACE_MILLISECONDS = 10_000;
const POLL_MILLISECONDS = 50;

/**
 * Whether any process of a group still runs, its leader or another.
 *
 * The kernel gives a group's number to no new process before the last of the group has ended: so the number means
 * another group only if a process with that number and another start exists.
 *
 * @param leader the process that the group began with, on this machine
 */
export function isGroupAlive(leader: ProcessIdentity): boolean {
  if (!signalGroup(leader.pid, 0)) return false;
  const processes = processIds();
  // Without /proc the signal is all there is to ask.
  if (processes === undefined || leader.startTime === undefined) return true;
  const leading = processStatus(leader.pid);
  if (leading !== undefined && leading.startTime !== leader.startTime) return false;
  return processes.some((pid) => {
    const status = processStatus(pid);
    return status !== undefined && status.group === leader.pid && !status.zombie;
  });
}

/** Ends a process group with SIGTERM, then SIGKILL, and waits until none of its processes is left. */
export async function stopGroup(leader: ProcessIdentity): Promise<void> {
  // The clock of the machine may jump; this one does not.
  const graceEnds = performance.now() + GRACE_MILLISECONDS;
  for (let polite = true; isGroupAlive(leader); await sleep(POLL_MILLISECONDS)) {
    if (polite) signalGroup(leader.pid, "SIGTERM");
    else if (performance.now() > graceEnds) signalGroup(leader.pid, "SIGKILL");
    polite = false;
  }
}

/** @returns whether there is such a group */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function processIds(): number[] | undefined {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return undefined;
  }
}
