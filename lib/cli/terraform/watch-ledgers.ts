import type { LedgerReading } from "../ledgers/read-ledgers";
import type { ApplyProgress } from "../text/apply-progress";

const POLL_MILLISECONDS = 1_000;

/**
 * Shows what the ledgers say about long steps while Terraform works: of a step, Terraform itself only knows that it is
 * still running. What cannot be read is not shown.
 *
 * @returns ends it, and waits for a look that is under way
 */
export function watchLedgers(progress: ApplyProgress, read: () => Promise<LedgerReading>): () => Promise<void> {
  let looking: Promise<void> | undefined;
  let isOver = false;
  const timer = setInterval(() => {
    if (looking !== undefined || !progress.isWaiting(Date.now())) return;
    looking = Promise.resolve()
      .then(read)
      .then(({ rows }) => (isOver ? undefined : progress.onRows(rows, Date.now())))
      .catch(() => undefined)
      .finally(() => (looking = undefined));
  }, POLL_MILLISECONDS);
  return async () => {
    isOver = true;
    clearInterval(timer);
    await looking;
  };
}
