import { setMaxListeners } from "node:events";

/**
 * Applies `work` to all items, at most `limit` at a time, and keeps their order.
 *
 * The first failure stops the rest: running calls get their signal aborted and are waited for, so that nothing goes on
 * in the background once this returns.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  // Each call listens, some with several streams; Node takes more than ten listeners for a leak.
  setMaxListeners(0, either);
  const results = new Array<Result>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      either.throwIfAborted();
      const index = next++;
      try {
        results[index] = await work(items[index] as Item, either);
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    }
  };
  await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  either.throwIfAborted();
  return results;
}

/**
 * Runs `work`, and rejects with the signal's own reason when it was aborted meanwhile: Node and the AWS SDK reject
 * with an `AbortError` of their own, which no longer says whether a timeout or a person stopped the step.
 */
export async function rejectAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
