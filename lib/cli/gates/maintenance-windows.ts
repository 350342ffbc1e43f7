import { Cron } from "croner";
import { MAINTENANCE_WINDOW, type WindowData } from "../../core/gate-data";
import { expiredWaiver, findWaiver } from "../../core/waivers";
import { RefusedError } from "../../promotion/refused-error";
import type { GatedSystem } from "./evidence-gates";

/** Whether a window is open. It is from when it begins, until its length has passed. */
export function isOpen({ schedule, seconds, zone }: WindowData, now: Date): boolean {
  const begin = new Date(now.getTime() - seconds * 1000);
  const next = new Cron(schedule, { timezone: zone, paused: true }).nextRun(begin);
  return next !== null && next.getTime() <= now.getTime();
}

/** When a window opens next. */
export function nextOpening({ schedule, zone }: WindowData, now: Date): Date | undefined {
  return new Cron(schedule, { timezone: zone, paused: true }).nextRun(now) ?? undefined;
}

/** When the first of some windows opens next. */
export function firstOpening(windows: readonly WindowData[], now: Date): Date | undefined {
  const openings = windows.map((window) => nextOpening(window, now)).filter((opening) => opening !== undefined);
  return openings.sort((a, b) => a.getTime() - b.getTime())[0];
}

/** @throws RefusedError `OutsideMaintenanceWindow` with the next one */
export function requireWindow({ system, environment, gates }: GatedSystem, now: Date = new Date()): void {
  if (gates === undefined || gates.windows.length === 0) return;
  if (gates.windows.some((window) => isOpen(window, now))) return;
  if (findWaiver(gates.waivers, MAINTENANCE_WINDOW, now) !== undefined) return;
  const next = firstOpening(gates.windows, now);
  throw new RefusedError(
    "OutsideMaintenanceWindow",
    `it is ${now.toISOString()}, and ${system} in ${environment} may be changed only in a maintenance window` +
      `${next === undefined ? "" : `; the next opens ${next.toISOString()}`}${expiredWaiver(gates.waivers, MAINTENANCE_WINDOW, now)}. ` +
      `Apply the saved plan then, or waive it by name: waivers: [{ gate: "${MAINTENANCE_WINDOW}", reason: "…", by: "…", expires: "…" }]`,
  );
}
