import { setTimeout as sleep } from "node:timers/promises";
import { SternaError } from "./errors";

const FIRST_PAUSE_MILLISECONDS = 200;
/** A server that asks for more is asked again after this long. */
const LONGEST_PAUSE_MILLISECONDS = 60_000;

/** How often, and how soon, something is tried again. */
export interface Retries {
  /** Attempts at most. */
  readonly attempts: number;

  /**
   * Milliseconds before the second attempt; the pause doubles from then on.
   * @default 200
   */
  readonly firstPause?: number;

  /**
   * Ends the waiting.
   * @default - nothing ends it
   */
  readonly signal?: AbortSignal | undefined;
}

/** Statuses of a server that is too busy, or has a trouble that passes: the ones that Google's guides name, and any 5xx. */
export function passes(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Tries again, after a pause that doubles and is never twice the same, while it is worth it.
 *
 * @param isWorthIt whether another attempt can end otherwise
 * @throws Error what the last attempt ended with
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  { attempts, signal, firstPause }: Retries,
  isWorthIt: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || signal?.aborted || !isWorthIt(error)) throw error;
    }
    await sleep(pauseBefore(attempt, firstPause), undefined, { signal });
  }
}

/**
 * Asks again, after a pause that doubles, while a server is too busy or does not answer. A server that says with
 * `Retry-After` when to come back is left alone until then.
 *
 * @param request sends the request; called for each attempt
 * @returns the last answer, also one that says that the server is too busy
 * @throws Error what the last attempt ended with, when none was answered
 */
export async function fetchWithRetries(request: () => Promise<Response>, retries: Retries): Promise<Response> {
  const { attempts, signal, firstPause } = retries;
  for (let attempt = 1; ; attempt++) {
    let asked = 0;
    try {
      const answer = await request();
      if (attempt === attempts || !passes(answer.status)) return answer;
      asked = retryAfter(answer);
      await answer.body?.cancel();
    } catch (error) {
      // A mistake that a person has to mend does not go away.
      if (attempt === attempts || signal?.aborted || error instanceof SternaError) throw error;
    }
    await sleep(Math.max(asked, pauseBefore(attempt, firstPause)), undefined, { signal });
  }
}

function pauseBefore(attempt: number, first = FIRST_PAUSE_MILLISECONDS): number {
  return first * 2 ** (attempt - 1) * (0.5 + Math.random());
}

/** Seconds, or a date. Source: RFC 9110, section 10.2.3. */
function retryAfter({ headers }: Response): number {
  const value = headers.get("retry-after") ?? "";
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? 0 : Math.min(Math.max(0, milliseconds), LONGEST_PAUSE_MILLISECONDS);
}
