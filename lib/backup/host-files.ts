import type { ScheduleForm } from "../core/schedule/schedule-target";
import type { HostBackupTimerProps } from "./host-backup-timer-props";
import { backupTimerUnit, serviceUnit, verifyTimerUnit } from "./systemd-units";

/** A file on a host. */
export interface HostFile {
  /** Absolute path on the host. */
  readonly path: string;
  readonly content: string;
}

/** Units of systemd: one pair for the backup, one that verifies it. */
export function systemdFiles(form: ScheduleForm, props: HostBackupTimerProps): HostFile[] {
  const file = (name: string, content: string) => ({ path: `/etc/systemd/system/${name}`, content });
  return [
    file(`${props.name}.service`, serviceUnit("run", props)),
    file(`${props.name}.timer`, backupTimerUnit(form, props)),
    file(`${props.name}-verify.service`, serviceUnit("verify", props)),
    file(`${props.name}-verify.timer`, verifyTimerUnit(props)),
  ];
}

/** A file for cron, which sends a mail with whatever a backup that failed has to say. */
export function cronFiles({ lines }: ScheduleForm, props: HostBackupTimerProps): HostFile[] {
  const { name, user, planFile, sternaPath = "/usr/local/bin/sterna" } = props;
  const [zone, ...times] = lines;
  const command = `${user} ${sternaPath} backup run ${planFile} >/dev/null`;
  const content = [
    "# cron loses runs while the host is off, and one backup may begin before the last has ended.",
    zone,
    ...times.map((time) => `${time} ${command}`),
    `30 * * * * ${user} ${sternaPath} backup verify ${planFile} >/dev/null`,
  ].join("\n");
  return [{ path: `/etc/cron.d/${name}`, content: `${content}\n` }];
}
