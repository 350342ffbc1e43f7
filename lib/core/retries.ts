import { setTimeout as sleep } from "node:timers/promises";
import { SternaError } from "./errors";

const FIRST_PAUSE_MILLISECONDS = 200;
/** Longest `Retry-After` that is honored. */
const LONGEST_PAUSE_MILLISECONDS = 60_000;

/** Number and pace of retries. */
export interface Retries {
  /** Maximum number of attempts. */
  readonly attempts: number;

  /**
   * Milliseconds before the second attempt. The pause doubles after each attempt.
   * @default 200
   */
  readonly firstPause?: number;

  /**
   * Aborts the wait.
   * @default - nothing ends it
   */
  readonly signal?: AbortSignal | undefined;
}

/** Statuses of transient failures: those that Google's retry guide lists, and any 5xx. */
export function passes(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Retries with exponential backoff and jitter while an error is transient.
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
 * Repeats a request with exponential backoff while the server is busy or does not respond. Waits for as long as a
 * `Retry-After` header says.
 *
 * @param request sends the request; called for each attempt
 * @returns the last response, even if it says that the server is busy
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
      // An error that needs a fix does not go away.
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
