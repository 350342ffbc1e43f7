import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";

/** A user of the operating system, as `spawn` takes it. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom to run a server as that refuses to run as root, as PostgreSQL does: `postgres`, else `nobody`.
 * @returns nothing when this process is not root, and so can start the server itself
 */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", name), gid: idOf("-g", name) };
    } catch {
      continue;
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor a user `nobody`");
}

function idOf(flag: "-u" | "-g", name: string): number {
  return Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

/** Whether an account may pass through a folder and everything above it. No account means this process itself. */
export function canReach(account: Account | undefined, directory: string): boolean {
  if (account === undefined) return true;
  const { uid, gid, mode } = statSync(directory);
  const executeBit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  if ((mode & executeBit) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || canReach(account, parent);
}
