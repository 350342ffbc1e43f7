import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HeldLock } from "./held-lock";
import type { LockWait } from "./ledger";
import { parseLockState, type LockState } from "./lock-state";
import type { ObjectStore } from "./object-store";
import { thisProcess } from "./process-identity";

const FIRST_POLL_MILLISECONDS = 200;
const LONGEST_POLL_MILLISECONDS = 3_000;

export interface ObjectLockOptions {
  readonly store: ObjectStore;
  readonly key: string;

  /** Milliseconds without a sign of life after which the lock is taken over. */
  readonly lifetime: number;

  /** The highest token that wrote what the lock protects: so that deleting a lock does not bring the tokens down. */
  lastToken(): Promise<number>;
}

/**
 * A lock that is an object: created, renewed, taken over and released by conditional writes, so that of several who try
 * at once one succeeds. Its age is told by the store's clock, so no runner's clock matters.
 */
export class ObjectLock {
  constructor(private readonly options: ObjectLockOptions) {}

  /** Waits until the lock is free, or its holder showed no sign of life for the lifetime, then takes it. */
  async acquire(wait: LockWait = {}): Promise<HeldLock> {
    const { store, key, lifetime } = this.options;
    let waited = false;
    for (let poll = FIRST_POLL_MILLISECONDS; ; poll = Math.min(poll * 1.5, LONGEST_POLL_MILLISECONDS)) {
      wait.signal?.throwIfAborted();
      const found = await store.read(key);
      const last = found && parseLockState(found.body);
      if (found && last?.state === "held" && found.age <= lifetime) {
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
