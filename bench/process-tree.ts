import { readdirSync, readFileSync } from "node:fs";

/** A process, as Linux tells about it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Bytes of memory in use. */
  readonly memory: number;
  /** The most bytes that it ever used. */
  readonly peakMemory: number;
}

/** A process and everything that it started, as of now; nothing where there is no `/proc`. */
export function processTree(root: number): Process[] {
  const parents = new Map<number, number>();
  for (const name of list("/proc")) {
    const parent = /^\d+$/.test(name) ? field(name, "PPid") : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const members = new Set([root]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const [pid, parent] of parents) if (members.has(parent)) members.add(pid);
  }
  return [...members].flatMap((pid) => {
    const [memory, peakMemory] = [field(pid, "VmRSS"), field(pid, "VmHWM")];
    if (memory === undefined || peakMemory === undefined) return [];
    return [
      {
        pid,
        parent: parents.get(pid) ?? 0,
        command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " "),
        memory: memory * 1024,
        peakMemory: peakMemory * 1024,
      },
    ];
  });
}

/** Seconds of CPU that all threads of a process used so far; NaN where there is no `/proc`. */
export function cpuSeconds(pid: number): number {
  const threads = list(`/proc/${pid}/task`).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`));
  if (threads.length === 0) return NaN;
  return threads.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0) / 1e9;
}

/** Clock ticks per second: Linux shows them to programs as 100, on every architecture. Source: proc(5), time(7). */
const TICKS = 100;

/** Seconds of CPU that all ended children of this process took, with their own children; source: proc(5), cutime and cstime. */
export function cpuOfEndedChildren(): number {
  const stat = read("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" ? 0 : (Number(fields[13]) + Number(fields[14])) / TICKS;
}

function field(pid: number | string, name: string): number | undefined {
  const value = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(read(`/proc/${pid}/status`))?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Processes end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
