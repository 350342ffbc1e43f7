import { SternaError } from "../sterna-error";
import type { CalendarRule } from "./calendar-rule";
import { isEvery } from "./calendar-field";

/** Refuses to say in one dialect what another can say. */
export function untranslatable(target: string, reason: string): SternaError {
  return new SternaError("ScheduleUntranslatable", `${target} cannot say this: ${reason}`);
}

/** Nothing but systemd looks at seconds. */
export function refuseSeconds({ seconds }: CalendarRule, target: string): void {
  if (seconds.length === 1 && seconds[0] === 0) return;
  const got = isEvery(seconds, "second") ? "every second" : `at second ${seconds.slice(0, 5).join(", ")}`;
  throw untranslatable(target, `it comes ${got}, and ${target} counts in minutes; systemd can`);
}
