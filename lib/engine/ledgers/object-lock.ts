import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../engine-error";
import type { ObjectStore, ObjectVersion } from "../objects/object-store";
import { thisProcess } from "../processes/process-identity";
import { processIdentity } from "../../manifest/step-record";
import type { LockWait } from "./ledger";

const FIRST_POLL_MILLISECONDS = 200;
const LONGEST_POLL_MILLISECONDS = 3_000;

export interface ObjectLockOptions {
  readonly store: ObjectStore;
  readonly key: string;

  /** Milliseconds without a sign of life after which the lock is taken over: a waiter counts them itself. */
  readonly lifetime: number;

  /** The highest token that wrote what the lock protects: so that deleting a lock does not bring the tokens down. */
  lastToken(): Promise<number>;
}

/**
 * A lock that is an object: created, renewed, taken over and released by conditional writes, so that of several who try
 * at once one succeeds. No clock is compared with another one: a waiter takes the lock over once it has seen the same
 * version for a whole lifetime, by its own monotonic clock.
 */
export class ObjectLock {
  constructor(private readonly options: ObjectLockOptions) {}

  /** Waits until the lock is free, or its holder showed no sign of life for the lifetime, then takes it. */
  async acquire(wait: LockWait = {}): Promise<HeldLock> {
    const { store, key, lifetime } = this.options;
    let waited = false;
    let seen: { readonly version: ObjectVersion; readonly since: number } | undefined;
    for (let poll = FIRST_POLL_MILLISECONDS; ; poll = Math.min(poll * 1.5, LONGEST_POLL_MILLISECONDS)) {
      wait.signal?.throwIfAborted();
      const found = await store.read(key);
      const last = found && parseLockState(found.body);
      if (found && seen?.version !== found.version) seen = { version: found.version, since: performance.now() };
      if (found && last?.state === "held" && performance.now() - seen!.since <= lifetime) {
        if (!waited) wait.onWait?.(`process ${last.holder.pid} on ${last.holder.host}`);
        waited = true;
      } else {
        const state = await this.nextState(last);
        // Whoever was here before may still send something, unless it said that it will not.
        const contested = last ? last.state !== "free" : state.token > 1;
        const held = await HeldLock.take({ store, key, lifetime, contested }, state, found?.version);
        if (held) return held;
      }
      // Never in step with others who wait.
      await sleep(poll * (0.5 + Math.random()), undefined, { signal: wait.signal });
    }
  }

  private async nextState(last: LockState | undefined): Promise<LockState> {
    const lastToken = last?.token ?? (await this.options.lastToken());
    return { state: "held", token: lastToken + 1, owner: randomUUID(), holder: thisProcess(), beat: 0 };
  }
}

/** Signs of life in the lifetime of a lock: when one fails, the next ones are still in time. */
const BEATS_PER_LIFETIME = 4;

export interface HeldLockOptions {
  readonly store: ObjectStore;
  readonly key: string;

  /** Milliseconds without a sign of life after which others take the lock over. */
  readonly lifetime: number;

  /** Whether an earlier holder may still send writes. */
  readonly contested: boolean;
}

/** A lock while this process holds it. It shows a sign of life until it is released. */
export class HeldLock {
  private readonly losing = new AbortController();
  private readonly ending = new AbortController();
  private beating: Promise<void> = Promise.resolve();
  private deadline?: NodeJS.Timeout;
  private takenOver = false;
  private beat = 0;

  private constructor(
    private readonly options: HeldLockOptions,
    private readonly first: LockState,
    private version: ObjectVersion | undefined,
  ) {}

  /**
   * Takes a lock.
   *
   * @param replaces the version of the lock that was found; nothing when there was none
   * @returns nothing when another process was faster
   */
  static async take(
    options: HeldLockOptions,
    state: LockState,
    replaces: ObjectVersion | undefined,
  ): Promise<HeldLock | undefined> {
    const lock = new HeldLock(options, state, replaces);
    if (!(await lock.write("held"))) return undefined;
    lock.beating = lock.keepAlive();
    return lock;
  }

  get token(): number {
    return this.first.token;
  }

  get contested(): boolean {
    return this.options.contested;
  }

  /**
   * Aborted when another process took over the lock, or when no heartbeat reached the store for so long that one may:
   * what runs under the lock must stop.
   */
  get lost(): AbortSignal {
    return this.losing.signal;
  }

  /** @throws EngineError `LedgerConflict` once another process is known to have taken over the lock */
  assertNotTakenOver(): void {
    if (this.takenOver) this.losing.signal.throwIfAborted();
  }

  /**
   * Gives the lock back. Never throws: a lock that cannot be given back ends with its lifetime.
   *
   * @param state `abandoned` when a write of the holder may still arrive
   */
  async release(state: "free" | "abandoned"): Promise<void> {
    this.ending.abort();
    await this.beating;
    clearTimeout(this.deadline);
    if (!this.takenOver) await this.write(state).catch(() => undefined);
  }

  private async keepAlive(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted && !this.takenOver) {
      await sleep(this.options.lifetime / BEATS_PER_LIFETIME, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        if (await this.write("held")) continue;
        this.takenOver = true;
        this.lose("another process took it over");
      } catch {
        // The store cannot be reached: the next sign of life may still come before the deadline.
      }
    }
  }

  /** @returns whether the lock was still this holder's */
  private async write(state: LockState["state"]): Promise<boolean> {
    const { store, key } = this.options;
    // A number for each attempt: so that what is found after a lost answer can be told from what was there before.
    const body = JSON.stringify({ ...this.first, state, beat: this.beat++ } satisfies LockState);
    for (;;) {
      const sent = performance.now();
      const version = await store.writeIf(key, body, this.version);
      if (version !== undefined) {
        this.version = version;
        this.extendDeadline(sent);
        return true;
      }
      // By another process's write, or by our own write whose response was lost.
      const found = await store.read(key);
      if (!found || parseLockState(found.body).owner !== this.first.owner) return false;
      this.version = found.version;
      if (found.body !== body) continue;
      this.extendDeadline(sent);
      return true;
    }
  }

  /** @param sent when the last heartbeat was sent, by the monotonic clock */
  private extendDeadline(sent: number): void {
    clearTimeout(this.deadline);
    const left = sent + this.options.lifetime - performance.now();
    this.deadline = setTimeout(() => this.lose("its signs of life did not reach the store in time"), left).unref();
  }

  private lose(reason: string): void {
    this.losing.abort(
      new EngineError(
        "LedgerConflict",
        `the lock ${this.options.key} in ${this.options.store.location} was lost: ${reason}. This run stops. Apply again: the next run waits for the other one, and goes on from what it left.`,
      ),
    );
  }
}

/**
 * What the object of a lock says.
 *
 * - `held`: until it was seen unchanged for its lifetime
 * - `free`: released by a holder that writes no more
 * - `abandoned`: released by a holder that does not know whether its last write still arrives
 */
export const lockState = z.object({
  state: z.enum(["held", "free", "abandoned"]),
  /** Fencing token: each holder has a higher one than all before it. */
  token: z.number().int().positive(),
  /** Names one acquisition. */
  owner: z.string(),
  holder: processIdentity,
  /** Counts the signs of life, so that no two states of a lock have the same bytes, and so the same ETag. */
  beat: z.number().int().nonnegative(),
});
type LockState = z.infer<typeof lockState>;

function parseLockState(body: string): LockState {
  return lockState.parse(JSON.parse(body));
}
