const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Who can be asked to stop. */
export interface Interruptible {
  kill(signal: NodeJS.Signals): unknown;
}

/**
 * Passes interrupts on to Terraform, each once, for as long as some work goes on.
 *
 * Terraform takes the first as a request to finish what it is doing and to save its state, and the second as an order
 * to stop at once. It runs in a process group of its own, because a terminal sends Ctrl-C to the whole group, and so
 * would make two out of one.
 *
 * @param onInterrupt called with the number of interrupts so far
 * @returns ends the passing on
 */
export function forwardInterrupts(child: Interruptible, onInterrupt: (count: number) => void): () => void {
  let count = 0;
  const forward = (): void => {
    onInterrupt(++count);
    child.kill("SIGINT");
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return () => {
    for (const signal of SIGNALS) process.off(signal, forward);
  };
}
