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
