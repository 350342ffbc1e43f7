import type { Construct, IConstruct } from "constructs";
import type { Duration } from "../core/duration";
import { report } from "../core/errors";
import type { Schedule } from "../schedule/schedule";
import { checkTimerName } from "./timer";

/** A file on a host. */
export interface HostFile {
  /** Absolute path on the host. */
  readonly path: string;

  /** The whole content, as text. */
  readonly content: string;
}

/** Places the files of a `HostBackupTimer` on hosts: `SystemsManagerPlacement` of `sterna/aws`, or your own. */
export interface HostPlacement {
  /**
   * Declares the resources that place the files and start the timers.
   *
   * @param timer scope for the constructs
   * @param name of the timer
   */
  place(timer: Construct, name: string, files: readonly HostFile[]): void;
}

/** Properties of `HostBackupTimer`. */
export interface HostBackupTimerProps {
  /** Name of the units and files: 2 to 50 letters, digits, hyphens and underscores. */
  readonly name: string;

  /** When backups begin. */
  readonly schedule: Schedule;

  /** Path on the host of the plan for `sterna backup run`: `/etc/sterna/backups/app-ef.json`. */
  readonly planFile: string;

  /** User account on the host for the backup. It reads what is backed up and owns what it writes. */
  readonly user: string;

  /**
   * What starts the backup: a systemd timer, or cron with a file in `/etc/cron.d`, which has no catch-up, no jitter and
   * no hardening.
   * @default "systemd"
   */
  readonly scheduler?: "systemd" | "cron";

  /**
   * Places the files on hosts: `SystemsManagerPlacement.byTags({ Role: "database" })` of `sterna/aws`.
   * @default - the files are written to `backup-timers/` in the stack's folder, to be placed by other means
   */
  readonly placement?: HostPlacement;

  /**
   * Path of `sterna` on the host.
   * @default "/usr/local/bin/sterna"
   */
  readonly sternaPath?: string;

  /**
   * Directories that the backup writes to, in addition to its own under `/var/lib`. All others are read-only for it.
   * @default - none
   */
  readonly writablePaths?: readonly string[];

  /**
   * Files with secrets, by the name under which the plan finds them in `$CREDENTIALS_DIRECTORY`. systemd reads them as
   * root and exposes them only to the backup.
   * @default - none
   */
  readonly credentials?: Readonly<Record<string, string>>;

  /**
   * Whether a run missed while the host was off starts at the next boot. systemd only. Does not apply to an hour that a
   * clock change skips.
   * @default - true with systemd, false with cron, which skips the run
   */
  readonly persistent?: boolean;

  /**
   * Maximum random delay, the same for each run on a host, so that many hosts do not begin at once. systemd only. Must
   * be shorter than the time between two runs.
   * @default - no delay, but systemd may start it up to a minute late to save power
   */
  readonly jitter?: Duration;

  /**
   * Maximum duration of a backup. After that systemd stops it, which counts as a failure.
   * @default Duration.hours(6)
   */
  readonly timeout?: Duration;

  /**
   * systemd unit that notifies people of a failure, such as `notify@%n.service`. It is started when a backup fails, and
   * when the newest one is older than the plan's `maximumAgeHours`.
   * @default - failures appear in the journal and in `systemctl --failed`
   */
  readonly onFailureUnit?: string;

  /**
   * Changes the files before they are placed or written. The result is not validated.
   * @default - nothing is changed
   */
  readonly transform?: HostBackupTimerTransform;
}

/** The hook for the files of a `HostBackupTimer`. */
export interface HostBackupTimerTransform {
  /**
   * Called for every file: `(file) => ({ ...file, content: file.content.replace("Nice=10", "Nice=19") })`.
   * @default - unchanged
   */
  readonly file?: (file: HostFile) => HostFile;
}

/** Excludes white space and characters with a meaning in systemd (`%`, `$`), cron (`%`) or a shell. */
const PATH = /^\/[A-Za-z0-9._/@:+-]+$/;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const CREDENTIAL = /^[A-Za-z0-9._-]{1,64}$/;
const UNIT = /^[A-Za-z0-9._@%:-]+\.(service|target)$/;

/** Refuses what systemd or cron would refuse or misinterpret. */
export function validateHostBackupTimer(props: HostBackupTimerProps, construct: IConstruct): void {
  checkTimerName(props.name, construct);
  const { credentials = {}, writablePaths = [] } = props;
  const paths = { planFile: props.planFile, sternaPath: props.sternaPath ?? "/usr/local/bin/sterna" };
  for (const [name, path] of Object.entries({ ...paths, ...credentials })) {
    check(PATH, path, name, "an absolute path of letters, digits and . _ / @ : + -", construct);
  }
  for (const path of writablePaths) check(PATH, path, "writablePaths", "absolute paths without white space", construct);
  check(USER, props.user, "user", "the name of an account", construct);
  for (const name of Object.keys(credentials)) {
    check(CREDENTIAL, name, "credentials", "names of letters, digits and . _ -", construct);
  }
  if (props.onFailureUnit !== undefined) {
    check(UNIT, props.onFailureUnit, "onFailureUnit", 'a unit, such as "notify@%n.service"', construct);
  }
  if (props.scheduler === "cron") refuseForCron(props, construct);
  validateJitter(props, construct);
}

function check(pattern: RegExp, value: string, name: string, allowed: string, construct: IConstruct): void {
  if (pattern.test(value) && !value.includes("/../")) return;
  report(construct, "InvalidBackupTimer", `${name} "${value}" is not ${allowed}`);
}

function refuseForCron(props: HostBackupTimerProps, construct: IConstruct): void {
  const beyond = ["persistent", "jitter", "credentials", "onFailureUnit", "timeout", "writablePaths"] as const;
  const asked = beyond.filter((name) => props[name] !== undefined && props[name] !== false);
  if (asked.length === 0) return;
  report(
    construct,
    "InvalidBackupTimer",
    `cron has no ${asked.join(", no ")}; leave that out, or use scheduler: "systemd"`,
  );
}

function validateJitter({ jitter, schedule }: HostBackupTimerProps, construct: IConstruct): void {
  const shortest = schedule.shortestDistance();
  if (jitter === undefined || jitter.toMilliseconds() < shortest.toMilliseconds()) return;
  report(
    construct,
    "JitterTooLong",
    `a delay of up to ${jitter} reaches the next run, which can come after ${shortest}; write less`,
  );
}
