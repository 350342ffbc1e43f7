import type { Duration } from "../core/duration";
import type { Schedule } from "../core/schedule/schedule";

/** Options of `HostBackupTimer`. */
export interface HostBackupTimerProps {
  /** Name of the units and files: lower-case letters, digits and hyphens, at most 40. */
  readonly name: string;

  /** When backups begin. */
  readonly schedule: Schedule;

  /** Path on the host of the plan that `sterna backup run` takes: `/etc/sterna/backups/app-ef.json`. */
  readonly planFile: string;

  /** Account on the host that the backup runs as. It reads what is backed up and owns what it writes. */
  readonly user: string;

  /**
   * Who starts the backup: a timer of systemd, or cron by a file in `/etc/cron.d`, which has no catching up, no jitter
   * and no hardening.
   * @default "systemd"
   */
  readonly scheduler?: "systemd" | "cron";

  /**
   * Tags of the instances that Systems Manager places the files on: `{ Role: "database" }`.
   * @default - the files are written to `backup-timers/` in the stack's folder, for whoever sets up the host
   */
  readonly instanceTags?: Readonly<Record<string, string>>;

  /**
   * Path of `sterna` on the host.
   * @default "/usr/local/bin/sterna"
   */
  readonly sternaPath?: string;

  /**
   * Directories that the backup writes to, besides its own under `/var/lib`. All others are read-only for it.
   * @default - none
   */
  readonly writablePaths?: readonly string[];

  /**
   * Files with secrets, by the name under which the plan finds them in `$CREDENTIALS_DIRECTORY`. systemd reads them as
   * root and shows them to the backup alone.
   * @default - none
   */
  readonly credentials?: Readonly<Record<string, string>>;

  /**
   * Whether a run that was missed, because the host was off, is made up for at its next start. systemd only. It does
   * not help where a change of the clocks skips the hour.
   * @default - true with systemd, false with cron, which loses it
   */
  readonly persistent?: boolean;

  /**
   * A random delay up to this long, the same for each run of a host, so that many hosts do not begin at once. systemd
   * only. Shorter than the distance between two runs.
   * @default - no delay, but systemd may come up to a minute late to save power
   */
  readonly jitter?: Duration;

  /**
   * How long a backup may take before systemd stops it, which counts as a failure.
   * @default Duration.hours(6)
   */
  readonly timeout?: Duration;

  /**
   * Unit of systemd that tells people about a failure, such as `notify@%n.service`. It is started when a backup fails,
   * and when the newest one is older than the plan's `maximumAgeHours`.
   * @default - failures stand in the journal and in `systemctl --failed`
   */
  readonly onFailureUnit?: string;
}
