import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LockWait } from "./ledger";
import { isAlive, thisProcess } from "../processes/process-identity";
import { processIdentity, type ProcessIdentity } from "../../manifest/step-record";

const POLL_MILLISECONDS = 100;

interface Ticket {
  readonly number: number;
  readonly path: string;
  /** Nothing when the holder released the lock. */
  readonly holder?: ProcessIdentity;
}

/**
 * A lock between processes, in a directory, that ends with its holder.
 *
 * Each attempt takes the next number by linking a finished file to `ticket.<n>`, which succeeds for one process only,
 * and holds the lock if no higher number appeared meanwhile. Numbers only grow: a released lock leaves its ticket
 * behind, empty, until the next holder removes it. So the two usual races, taking over a dead holder's lock twice and
 * removing a lock that was just taken, cannot happen.
 */
export class FileLock {
  constructor(private readonly directory: string) {}

  /**
   * Waits until the lock is free, then takes it.
   *
   * @returns releases the lock
   */
  async acquire(wait: LockWait = {}): Promise<() => void> {
    mkdirSync(this.directory, { recursive: true });
    let waited = false;
    for (;;) {
      const newest = this.newestTicket();
      if (newest?.holder && isAlive(newest.holder)) {
        if (!waited) wait.onWait?.(`process ${newest.holder.pid} on ${newest.holder.host}`);
        waited = true;
        await sleep(POLL_MILLISECONDS, undefined, { signal: wait.signal });
        continue;
      }
      const taken = this.tryTake((newest?.number ?? 0) + 1);
      if (taken !== undefined) {
        return () => {
          ftruncateSync(taken);
          closeSync(taken);
        };
      }
    }
  }

  /**
   * @returns the open ticket: the lock is released through it, not through its path, so that nothing is written into
   *   a directory that was put in the place of this one
   */
  private tryTake(number: number): number | undefined {
    const draft = join(this.directory, `draft.${process.pid}.${process.hrtime.bigint()}`);
    const file = openSync(draft, "wx");
    let taken = false;
    try {
      writeFileSync(file, JSON.stringify(thisProcess()));
      taken = this.enter(draft, number);
    } finally {
      if (!taken) closeSync(file);
      rmSync(draft, { force: true });
    }
    return taken ? file : undefined;
  }

  private enter(draft: string, number: number): boolean {
    try {
      linkSync(draft, join(this.directory, `ticket.${number}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return false;
    }
    const tickets = this.tickets();
    if (tickets.some((ticket) => ticket > number)) {
      this.remove(number);
      return false;
    }
    tickets.filter((ticket) => ticket < number).forEach((ticket) => this.remove(ticket));
    return true;
  }

  private tickets(): number[] {
    return readdirSync(this.directory)
      .filter((name) => name.startsWith("ticket."))
      .map((name) => Number(name.slice("ticket.".length)));
  }

  private newestTicket(): Ticket | undefined {
    const number = Math.max(0, ...this.tickets());
    if (number === 0) return undefined;
    const path = join(this.directory, `ticket.${number}`);
    let content: string;
    try {
      content = readFileSync(path, "utf8");
    } catch {
      return this.newestTicket();
    }
    return { number, path, holder: content === "" ? undefined : processIdentity.parse(JSON.parse(content)) };
  }

  private remove(number: number): void {
    try {
      unlinkSync(join(this.directory, `ticket.${number}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}
