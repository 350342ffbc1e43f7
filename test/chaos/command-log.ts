/** A line that a command wrote about itself. */
export interface CommandEvent {
  readonly event: "BEGIN" | "END" | "PARALLEL";
  readonly step: string;
  readonly direction: "UP" | "DOWN";
  readonly pid: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

export function parseCommandLog(text: string): CommandEvent[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [event, step, direction, pid, time] = line.split(" ") as [
        CommandEvent["event"],
        string,
        CommandEvent["direction"],
        string,
        string,
      ];
      return { event, step, direction, pid: Number(pid), time: BigInt(time) };
    });
}

/**
 * Runs of one step at the same time, in words.
 *
 * Two witnesses: a lock of the kernel that all processes of a run hold (`PARALLEL`), which also sees runs that were
 * killed; and the times between BEGIN and END.
 */
export function parallelRuns(events: readonly CommandEvent[]): string[] {
  const locked = events
    .filter(({ event }) => event === "PARALLEL")
    .map(({ step, pid }) => `${step}: process ${pid} began while another one held the step`);
  const overlaps = events
    .filter(({ event }) => event === "END")
    .flatMap((end) => {
      const begin = [...events]
        .reverse()
        .find(
          ({ event, step, pid, time }) => event === "BEGIN" && step === end.step && pid === end.pid && time <= end.time,
        );
      if (begin === undefined) return [`${end.step}: process ${end.pid} ended without a beginning`];
      return events
        .filter(({ event, step, pid }) => event !== "PARALLEL" && step === end.step && pid !== end.pid)
        .filter(({ time }) => time > begin.time && time < end.time)
        .map(({ event, pid }) => `${end.step}: ${event} of process ${pid} during process ${end.pid}`);
    });
  return [...locked, ...overlaps];
}

/** How often the scripts of a step came to their end. */
export function completions(
  events: readonly CommandEvent[],
  step: string,
  direction: CommandEvent["direction"],
): number {
  return events.filter((event) => event.event === "END" && event.step === step && event.direction === direction).length;
}
