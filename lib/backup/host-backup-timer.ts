import { TerraformStack } from "cdktf";
import { addCustomSynthesis } from "cdktf/lib/synthesize/synthesizer";
import { Construct } from "constructs";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { checkProps } from "../core/check-props";
import { collect } from "../core/errors";
import { type HostBackupTimerProps, type HostFile, validateHostBackupTimer } from "./host-backup-timer-props";
import { cronFiles, systemdFiles } from "./host-files";
import { placeSchedule } from "./timer";

/** Folder in a stack for the files of its host timers. */
const FOLDER = "backup-timers";

/**
 * Runs `sterna backup run` on a host on a schedule, with a systemd timer or cron, and `sterna backup verify` every hour,
 * which fails when the timer has stopped or never started.
 *
 * With a `placement`, the files are placed on hosts and the timers started. Without it, the files are written to
 * `backup-timers/` in the stack's folder. Destroying the construct leaves the files on the hosts.
 */
export class HostBackupTimer extends Construct {
  /** The files, with their paths on the host. */
  readonly files: readonly HostFile[];

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: HostBackupTimerProps) {
    super(scope, id);
    checkProps(this, "HostBackupTimerProps", props);
    const cron = props.scheduler === "cron";
    const form = collect(this, () => {
      validateHostBackupTimer(props, this);
      return placeSchedule(props.schedule, cron ? "crontab" : "systemd", this);
    });
    const files = cron ? cronFiles(form, props) : systemdFiles(form, props);
    this.files = files.map((file) => props.transform?.file?.(file) ?? file);
    if (props.placement === undefined) this.writeFiles(props.name);
    else props.placement.place(this, props.name, this.files);
  }

  private writeFiles(name: string): void {
    addCustomSynthesis(this, {
      onSynthesize: (session) => {
        const { workingDirectory } = session.manifest.forStack(TerraformStack.of(this));
        const directory = join(session.outdir, workingDirectory, FOLDER, name);
        mkdirSync(directory, { recursive: true });
        for (const { path, content } of this.files) writeFileSync(join(directory, basename(path)), content);
      },
    });
  }
}
