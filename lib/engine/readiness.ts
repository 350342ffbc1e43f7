import { setTimeout as sleep } from "node:timers/promises";

const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 1_000;

/** What a store says while it starts, and will not say for long. */
const STARTING = [
  // PostgreSQL, "Error Codes": cannot_connect_now, of a server that starts, recovers, or shuts down before a restart.
  { code: "57P03" },
  // Redis and Valkey read their data set from the disk, or wait for the first synchronization with their primary.
  { message: /^LOADING |^MASTERDOWN / },
  // InfluxDB 1.x opens the shards of a restore after `influxd restore` has ended, and closes its engine for that.
  { message: /shard is disabled|engine is closed|shard not found/ },
] as const;

/** The server does not listen yet, or went away before it answered. */
const NOT_LISTENING = ["ECONNREFUSED", "ECONNRESET"];

/** How to wait for a store. */
export interface Readiness {
  /** Milliseconds for a store that says that it starts. */
  readonly starting: number;

  /**
   * Milliseconds for an address that refuses connections: a wrong one looks the same, so it is short.
   * @default 0
   */
  readonly listening?: number;

  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;

  /** Called once, when there is something to wait for, with what the store said. */
  readonly onWait?: ((reason: string) => void) | undefined;
}

/**
 * Asks a store that may have started a moment ago, until it answers or the time is over.
 *
 * @param attempt asks once; must be repeatable
 * @throws what the last attempt threw
 */
export async function whenReady<T>(attempt: () => Promise<T>, readiness: Readiness): Promise<T> {
  const begun = performance.now();
  let pause = FIRST_PAUSE_MILLISECONDS;
  for (let announced = false; ; announced = true) {
    readiness.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() - begun + pause > patienceFor(error, readiness)) throw error;
      if (!announced) readiness.onWait?.((error as Error).message);
    }
    await sleep(pause, undefined, { signal: readiness.signal });
    pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS);
  }
}

/** Whether a store said that it starts, recovers, or loads its data. */
export function isStarting(error: unknown): boolean {
  const { code, message = "", cause, errors } = error as StoreError;
  const says = STARTING.some((sign) => ("code" in sign ? sign.code === code : sign.message.test(message)));
  return says || [cause, ...(errors ?? [])].some((inner) => inner instanceof Error && isStarting(inner));
}

function patienceFor(error: unknown, { starting, listening = 0 }: Readiness): number {
  if (isStarting(error)) return starting;
  return isNotListening(error) ? listening : 0;
}

function isNotListening(error: unknown): boolean {
  const { code, cause, errors } = error as StoreError;
  if (NOT_LISTENING.includes(code ?? "")) return true;
  return [cause, ...(errors ?? [])].some((inner) => inner instanceof Error && isNotListening(inner));
}

interface StoreError {
  readonly code?: string;
  readonly message?: string;
  readonly cause?: unknown;
  /** Of an `AggregateError`: one for each address of a host. */
  readonly errors?: readonly unknown[];
}
