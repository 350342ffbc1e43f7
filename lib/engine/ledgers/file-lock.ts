import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ZodError } from "zod";
import { EngineError } from "../engine-error";
import { assertRegular, NotRegularFileError, readRegularFile } from "../files/regular-file";
import type { LockWait } from "./ledger";
import { isAlive, thisProcess } from "../processes/process-identity";
import { processIdentity, type ProcessIdentity } from "../../manifest/step-record";

const POLL_MILLISECONDS = 100;
/** Other names in the directory are not tickets; a longer number would lose digits. */
const TICKET = /^ticket\.([1-9]\d{0,14})$/;
const LONGEST_TICKET_BYTES = 4096;

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
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    let waited = false;
    for (;;) {
      const newest = this.newestTicket();
      if (newest?.holder && isAlive(newest.holder)) {
        if (!waited) wait.onWait?.(describe(newest.holder, newest.path));
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
    const file = openSync(draft, "wx", 0o600);
    let taken = false;
    try {
      writeFileSync(file, JSON.stringify(thisProcess()));
      // A power failure must not leave an unreadable ticket.
      fsyncSync(file);
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
    return readdirSync(this.directory).flatMap((name) => {
      const number = TICKET.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  }

  /** @throws EngineError `LedgerDamaged` when it cannot be known who holds the lock */
  private newestTicket(): Ticket | undefined {
    for (;;) {
      const number = Math.max(0, ...this.tickets());
      if (number === 0) return undefined;
      const path = join(this.directory, `ticket.${number}`);
      try {
        return { number, path, holder: readTicket(path) };
      } catch (error) {
        // Whoever took the next number removed it meanwhile.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
        throw damaged(path, error);
      }
    }
  }

  private remove(number: number): void {
    try {
      unlinkSync(join(this.directory, `ticket.${number}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** @returns nothing when the holder released the lock */
function readTicket(path: string): ProcessIdentity | undefined {
  // Who released it may be another user, who alone can read it: that it is empty says enough.
  const stats = lstatSync(path);
  assertRegular(stats, path);
  if (stats.size === 0) return undefined;
  const content = readRegularFile(path, LONGEST_TICKET_BYTES);
  // Released between the look and the reading.
  return content === "" ? undefined : processIdentity.parse(JSON.parse(content));
}

function describe({ pid, host }: ProcessIdentity, path: string): string {
  const holder = `process ${pid} on ${host}`;
  if (host === hostname()) return holder;
  return `${holder} (another machine or container; if it is gone for good, delete ${path})`;
}

function damaged(path: string, error: unknown): EngineError {
  const { code } = error as NodeJS.ErrnoException;
  const nothing = "Nothing was run.";
  const cure = `See that no apply works on the step, delete ${path}, and apply again.`;
  if (error instanceof NotRegularFileError) {
    return new EngineError("LedgerDamaged", `the lock of a step cannot be read: ${error.message}. ${nothing} ${cure}`);
  }
  if (error instanceof SyntaxError || error instanceof ZodError) {
    const why = "it does not say which process holds the lock, as after a power failure";
    return new EngineError("LedgerDamaged", `the ticket ${path} is damaged: ${why}. ${nothing} ${cure}`);
  }
  if (code === "EACCES" || code === "EPERM") {
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
    return new EngineError(
      "LedgerDamaged",
      `the lock of a step is held by user ${owner}, whose ticket ${path} this user cannot read. ${nothing} Apply as the same user, or see that no apply of that user works on the step, delete the file, and apply again.`,
    );
  }
  const reason = (error as Error).message;
  return new EngineError("LedgerDamaged", `the lock of a step cannot be read: ${reason}. ${nothing} ${cure}`);
}
