import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process is for. `command` is the shell of a step's script, `guard` the one that watches over its runner. */
export type ProcessRole = "terraform" | "provider" | "runner" | "command" | "guard" | "other";

export interface FoundProcess {
  readonly pid: number;
  /** Id of its process group. */
  readonly group: number;
  readonly role: ProcessRole;
}

/** The processes that work in a stack's folder, and the guards of its commands. Needs `/proc`. */
export function processesIn(directory: string): FoundProcess[] {
  const running = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => describe(Number(name)));
  const here = running.filter((process) => process.directory === directory);
  const groups = new Set(here.map((process) => process.group));
  const guards = running.filter(({ role, watched }) => role === "guard" && groups.has(watched));
  return [...here, ...guards].map(({ pid, group, role }) => ({ pid, group, role }));
}

/** Sends a signal to every process of a stack's folder that has one of the roles. @returns how many there were */
export function killIn(directory: string, roles: readonly ProcessRole[], signal: NodeJS.Signals = "SIGKILL"): number {
  const victims = processesIn(directory).filter(({ role }) => roles.includes(role));
  for (const { pid } of victims) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return victims.length;
}

/** Waits until nothing works in a folder any more. @throws Error naming what still does after `seconds` */
export async function quiet(directory: string, seconds = 30): Promise<void> {
  for (const end = performance.now() + seconds * 1000; ; await sleep(50)) {
    const left = processesIn(directory);
    if (left.length === 0) return;
    if (performance.now() > end) throw new Error(`still running after ${seconds} s: ${JSON.stringify(left)}`);
  }
}

function describe(pid: number) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    const guard = words.indexOf("sterna-guard");
    // Of no meaning unless it is a guard.
    const watched = Number(words[guard + 1] ?? 0);
    return [{ pid, group, watched, role: roleOf(words), directory: readlinkSync(`/proc/${pid}/cwd`) }];
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return [];
  }
}

function roleOf(words: readonly string[]): ProcessRole {
  const line = words.join(" ");
  if (words.includes("sterna-guard")) return "guard";
  if (line.includes("/sterna-step-")) return "command";
  if (line.includes("engine.cjs")) return words.includes("run-steps") ? "runner" : "provider";
  return /(^|\/)terraform$/.test(words[0]!) ? "terraform" : "other";
}
