import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, rmdirSync, writeSync } from "node:fs";
import { join } from "node:path";

const DISK_SIZE = "1m";
/** A page: the unit in which a tmpfs hands out its space. */
const CHUNK = Buffer.alloc(4096);

/** A small disk of its own for the ledgers, so that it can be filled. */
export class LedgerDisk {
  private constructor(readonly directory: string) {}

  /** @returns nothing where this process may not mount */
  static mount(directory: string): LedgerDisk | undefined {
    mkdirSync(directory);
    const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_SIZE}`, "sterna-chaos", directory]);
    if (status === 0) return new LedgerDisk(directory);
    rmdirSync(directory);
    return undefined;
  }

  /** Fills the disk to its last page. */
  fill(): void {
    const filler = openSync(this.filler(), "w");
    try {
      for (;;) writeSync(filler, CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(filler);
    }
  }

  free(): void {
    rmSync(this.filler(), { force: true });
  }

  unmount(): void {
    spawnSync("umount", ["--lazy", this.directory]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private filler(): string {
    return join(this.directory, "filler");
  }
}
