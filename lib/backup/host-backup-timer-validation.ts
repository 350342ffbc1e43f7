import type { IConstruct } from "constructs";
import { ValidationError } from "../core/validation-error";
import type { HostBackupTimerProps } from "./host-backup-timer-props";
import { checkTimerName } from "./timer-name";

/** Neither white space nor what means something to systemd (`%`, `$`), cron (`%`) or a shell. */
const PATH = /^\/[A-Za-z0-9._/@:+-]+$/;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const CREDENTIAL = /^[A-Za-z0-9._-]{1,64}$/;
const UNIT = /^[A-Za-z0-9._@%:-]+\.(service|target)$/;

/** Refuses what systemd or cron would refuse, or would take for something else. */
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
  throw new ValidationError("InvalidBackupTimer", `${name} "${value}" is not ${allowed}`, construct);
}

function refuseForCron(props: HostBackupTimerProps, construct: IConstruct): void {
  const beyond = ["persistent", "jitter", "credentials", "onFailureUnit", "timeout", "writablePaths"] as const;
  const asked = beyond.filter((name) => props[name] !== undefined && props[name] !== false);
  if (asked.length === 0) return;
  throw new ValidationError(
    "InvalidBackupTimer",
    `cron has no ${asked.join(", no ")}; leave that out, or take scheduler: "systemd"`,
    construct,
  );
}

function validateJitter({ jitter, schedule }: HostBackupTimerProps, construct: IConstruct): void {
  const shortest = schedule.shortestDistance();
  if (jitter === undefined || jitter.toMilliseconds() < shortest.toMilliseconds()) return;
  throw new ValidationError(
    "JitterTooLong",
    `a delay of up to ${jitter} reaches the next run, which can come after ${shortest}; write less`,
    construct,
  );
}
