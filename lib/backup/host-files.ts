import { dirname } from "node:path/posix";
import { Duration } from "../core/duration";
import type { ScheduleForm } from "../schedule/targets";
import type { HostBackupTimerProps, HostFile } from "./host-backup-timer-props";

/** systemd units: one pair for the backup, and one that verifies it. */
export function systemdFiles(form: ScheduleForm, props: HostBackupTimerProps): HostFile[] {
  const file = (name: string, content: string) => ({ path: `/etc/systemd/system/${name}`, content });
  return [
    file(`${props.name}.service`, serviceUnit("run", props)),
    file(`${props.name}.timer`, backupTimerUnit(form, props)),
    file(`${props.name}-verify.service`, serviceUnit("verify", props)),
    file(`${props.name}-verify.timer`, verifyTimerUnit(props)),
  ];
}

/**
 * Where a program that starts with `#!/usr/bin/env node` finds Node.js. This is systemd's default. That of cron lacks
 * `/usr/local/bin`.
 *
 * @see https://man7.org/linux/man-pages/man5/crontab.5.html
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#%24PATH
 */
const SEARCHED = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** npm installs `sterna` next to its `node`. */
function searchPath(sternaPath: string): string {
  const beside = dirname(sternaPath);
  return `PATH=${[...(SEARCHED.includes(beside) ? [] : [beside]), ...SEARCHED].join(":")}`;
}

/** A file for cron, which mails the output of a failed backup. */
export function cronFiles({ lines }: ScheduleForm, props: HostBackupTimerProps): HostFile[] {
  const { name, user, planFile, sternaPath = "/usr/local/bin/sterna" } = props;
  const [zone, ...times] = lines;
  const command = `${user} ${sternaPath} backup run ${planFile} >/dev/null`;
  const content = [
    "# cron skips runs while the host is off, and may start a backup before the previous one has ended.",
    searchPath(sternaPath),
    zone,
    ...times.map((time) => `${time} ${command}`),
    `30 * * * * ${user} ${sternaPath} backup verify ${planFile} >/dev/null`,
  ].join("\n");
  return [{ path: `/etc/cron.d/${name}`, content: `${content}\n` }];
}

/**
 * Restrictions that do not affect a backup. Without `MemoryDenyWriteExecute`, because Node.js compiles at run time.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Sandboxing
 */
const HARDENING = [
  "UMask=0077",
  "NoNewPrivileges=yes",
  "CapabilityBoundingSet=",
  "ProtectSystem=strict",
  "ProtectHome=read-only",
  "ProtectProc=invisible",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectControlGroups=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "LockPersonality=yes",
  "RemoveIPC=yes",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
];

/** Subcommand of `sterna backup`. */
export type BackupCommand = "run" | "verify";

/** A service that runs `sterna backup run` or `verify` once. */
function serviceUnit(command: BackupCommand, props: HostBackupTimerProps): string {
  const { name, planFile, user, writablePaths = [], credentials = {}, onFailureUnit } = props;
  const { sternaPath = "/usr/local/bin/sterna", timeout = Duration.hours(6) } = props;
  return unit({
    Unit: [
      `Description=${command === "run" ? "Back up" : "Verify the newest backup of"} ${name}`,
      "Documentation=https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html",
      "Wants=network-online.target",
      "After=network-online.target",
      ...(onFailureUnit === undefined ? [] : [`OnFailure=${onFailureUnit}`]),
    ],
    Service: [
      "Type=oneshot",
      `User=${user}`,
      `StateDirectory=${name}`,
      `WorkingDirectory=/var/lib/${name}`,
      ...(SEARCHED.includes(dirname(sternaPath)) ? [] : [`Environment=${searchPath(sternaPath)}`]),
      ...Object.entries(credentials).map(([credential, path]) => `LoadCredential=${credential}:${path}`),
      `ExecStart=${sternaPath} backup ${command} ${planFile}`,
      `TimeoutStartSec=${Math.ceil(timeout.toSeconds({ integral: false }))}s`,
      "Nice=10",
      "IOSchedulingClass=idle",
      ...HARDENING,
      ...(writablePaths.length === 0 ? [] : [`ReadWritePaths=${writablePaths.join(" ")}`]),
    ],
  });
}

/** The timer of the backup itself. */
function backupTimerUnit({ lines }: ScheduleForm, props: HostBackupTimerProps): string {
  const { name, persistent = true, jitter } = props;
  // systemd can only catch up on calendar times.
  const catchesUp = lines.every((line) => line.startsWith("OnCalendar=")) && persistent;
  const delay =
    jitter === undefined
      ? []
      : [`RandomizedDelaySec=${Math.ceil(jitter.toSeconds({ integral: false }))}s`, "FixedRandomDelay=yes"];
  return timerUnit(`When ${name} is backed up`, [...lines, `Persistent=${catchesUp ? "yes" : "no"}`, ...delay]);
}

/** Checks every hour whether there is a backup as recent as the plan requires, which a stopped timer cannot report. */
function verifyTimerUnit({ name }: HostBackupTimerProps): string {
  return timerUnit(`When the newest backup of ${name} is verified`, [
    "OnCalendar=*-*-* *:00:00 UTC",
    "RandomizedDelaySec=1800s",
    "FixedRandomDelay=yes",
  ]);
}

function timerUnit(description: string, lines: readonly string[]): string {
  return unit({ Unit: [`Description=${description}`], Timer: lines, Install: ["WantedBy=timers.target"] });
}

function unit(sections: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(sections)
    .map(([section, lines]) => `[${section}]\n${lines.join("\n")}\n`)
    .join("\n");
}
