import type { Progress } from "../../engine/step-record";

const SILENT_SECONDS = 30;

/** A step that is worked on. */
export interface RunningStep {
  readonly startedAt: string;
  readonly progress?: Progress | undefined;
}

/**
 * How far a step is: `30 %, 300/1000 documents, 12 s, about 28 s left`.
 *
 * @param now milliseconds since 1970
 */
export function progressText({ startedAt, progress }: RunningStep, now: number): string {
  const elapsed = secondsBetween(startedAt, now);
  const { percent, message, at = startedAt } = progress ?? {};
  return [
    ...(percent === undefined ? [] : [`${Math.floor(percent)} %`]),
    ...(message === undefined ? [] : [message.split("\n")[0]!]),
    duration(elapsed),
    ...(percent === undefined || percent <= 0 ? [] : [`about ${duration((elapsed * (100 - percent)) / percent)} left`]),
    ...(isSilent({ startedAt, progress }, now) ? [`no sign of life for ${duration(secondsBetween(at, now))}`] : []),
  ].join(", ");
}

/** Whether whoever worked on the step seems to be gone: the engine gives a sign of life every 10 seconds. */
export function isSilent({ startedAt, progress }: RunningStep, now: number): boolean {
  return secondsBetween(progress?.at ?? startedAt, now) > SILENT_SECONDS;
}

/** The clocks of two machines differ. */
function secondsBetween(from: string, now: number): number {
  return Math.max(0, (now - Date.parse(from)) / 1000);
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
