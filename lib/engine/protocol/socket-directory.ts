import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "sterna-socket-";
/** `sockaddr_un.sun_path` has 108 bytes on Linux, 104 on macOS, with the final zero. */
const LONGEST_SOCKET_PATH = 103;

/** A private folder for the socket of this process. */
export interface SocketDirectory {
  readonly directory: string;
  /** Path of the socket in it. */
  readonly path: string;
}

/**
 * Makes a folder for a socket, in the temporary folder of the user or in `/tmp`.
 *
 * @returns nothing where sockets do not exist, or their path would be too long everywhere
 */
export function makeSocketDirectory(): SocketDirectory | undefined {
  if (process.platform === "win32") return undefined;
  for (const parent of [tmpdir(), "/tmp"]) {
    try {
      removeAbandoned(parent);
      const directory = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
      const path = join(directory, "s");
      if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { directory, path };
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Not writable: the next place.
    }
  }
  return undefined;
}

/** A killed provider cannot remove its folder. The next one does. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !exists(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
