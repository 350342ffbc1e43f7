import { setTimeout as sleep } from "node:timers/promises";

const FIRST_PAUSE_MILLISECONDS = 200;

/** How long an answer is waited for. */
export interface Retries {
  /** Requests at most. */
  readonly attempts: number;

  /**
   * Ends the waiting.
   * @default - nothing ends it
   */
  readonly signal?: AbortSignal;
}

/**
 * Asks again, after a pause that doubles, while a server is too busy or does not answer.
 *
 * @param request sends the request; called for each attempt
 * @returns the last answer, also one that says that the server is too busy
 * @throws Error what the last attempt ended with, when none was answered
 */
export async function fetchWithRetries(
  request: () => Promise<Response>,
  { attempts, signal }: Retries,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await request();
      const passes = answer.status === 408 || answer.status === 429 || answer.status >= 500;
      if (attempt === attempts || !passes) return answer;
      await answer.body?.cancel();
    } catch (error) {
      if (attempt === attempts || signal?.aborted) throw error;
    }
    await sleep(FIRST_PAUSE_MILLISECONDS * 2 ** (attempt - 1) * (0.5 + Math.random()), undefined, { signal });
  }
}
