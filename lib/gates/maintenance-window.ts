import { Cron } from "croner";
import { Duration } from "../core/duration";
import type { WindowData } from "../core/gate-data";
import { SternaError } from "../core/sterna-error";

/** Properties of a `MaintenanceWindow`. */
export interface MaintenanceWindowProps {
  /** When it begins, as a cron expression with five fields: `0 22 * * 6` is Saturday at 22:00. */
  readonly schedule: string;

  /** How long it is open: from a minute to seven days. */
  readonly duration: Duration;

  /**
   * Time zone of the schedule, as IANA names it: `Europe/Berlin`.
   * @default "UTC"
   */
  readonly zone?: string;
}

const [SHORTEST, LONGEST] = [Duration.minutes(1), Duration.days(7)];

/** A time in which an environment may be changed. Outside of all windows, `sterna apply` refuses. */
export class MaintenanceWindow {
  private readonly data: WindowData;

  /** @throws SternaError `InvalidMaintenanceWindow` */
  constructor({ schedule, duration, zone = "UTC" }: MaintenanceWindowProps) {
    const refuse = (problem: string): never => {
      throw new SternaError("InvalidMaintenanceWindow", `the maintenance window "${schedule}" ${problem}`);
    };
    const seconds = duration.toSeconds({ integral: false });
    if (seconds < SHORTEST.toSeconds() || seconds > LONGEST.toSeconds()) {
      refuse(`must be open from ${SHORTEST} to ${LONGEST}, got ${duration}`);
    }
    if (schedule.trim().split(/\s+/).length !== 5) {
      refuse('must have five fields: minute, hour, day of month, month, day of week, such as "0 22 * * 6"');
    }
    try {
      const cron = new Cron(schedule, { timezone: zone, paused: true });
      if (cron.nextRun() === null) refuse("never begins");
    } catch (cause) {
      if (cause instanceof SternaError) throw cause;
      refuse(`in the zone "${zone}" is none: ${(cause as Error).message}`);
    }
    this.data = { schedule, seconds, zone };
  }

  /** The window as `sterna.json` holds it. */
  toJSON(): WindowData {
    return this.data;
  }
}
