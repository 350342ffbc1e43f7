import { SsmAssociation } from "@cdktf/provider-aws/lib/ssm-association";
import { SsmDocument } from "@cdktf/provider-aws/lib/ssm-document";
import { TerraformStack } from "cdktf";
import { addCustomSynthesis } from "cdktf/lib/synthesize/synthesizer";
import { Construct } from "constructs";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type HostBackupTimerProps, validateHostBackupTimer } from "../../backup/host-backup-timer-props";
import { cronFiles, systemdFiles, type HostFile } from "../../backup/host-files";
import { placeSchedule } from "../../backup/timer";

/** Folder of a stack that gets the files of its host timers. */
const FOLDER = "backup-timers";

/**
 * Runs `sterna backup run` on a host on a schedule, by a timer of systemd or by cron, and `sterna backup verify` every
 * hour: a timer that stopped, or never started, tells nobody by itself.
 *
 * With `instanceTags` it emits `aws_ssm_document` and `aws_ssm_association`, which place the files on these instances
 * and start the timers; without, the files are written to `backup-timers/` in the stack's folder. Destroying it leaves
 * the files on the hosts: Systems Manager does not undo.
 */
export class HostBackupTimer extends Construct {
  /** The files, with their paths on the host. */
  readonly files: readonly HostFile[];

  /** What places the files, if Systems Manager does. */
  readonly resource: SsmAssociation | undefined;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: HostBackupTimerProps) {
    super(scope, id);
    validateHostBackupTimer(props, this);
    const cron = props.scheduler === "cron";
    const form = placeSchedule(props.schedule, cron ? "crontab" : "systemd", this);
    this.files = cron ? cronFiles(form, props) : systemdFiles(form, props);
    if (props.instanceTags === undefined) this.writeFiles(props.name);
    else this.resource = this.placeFiles(props.name, props.instanceTags);
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

  private placeFiles(name: string, instanceTags: Readonly<Record<string, string>>): SsmAssociation {
    const document = new SsmDocument(this, "Document", {
      name: `sterna-backup-${name}`,
      documentType: "Command",
      documentFormat: "JSON",
      targetType: "/AWS::EC2::Instance",
      content: JSON.stringify({
        schemaVersion: "2.2",
        description: `Places the backup timer ${name}`,
        mainSteps: [
          {
            action: "aws:runShellScript",
            name: "place",
            precondition: { StringEquals: ["platformType", "Linux"] },
            inputs: { runCommand: placementScript(this.files) },
          },
        ],
      }),
    });
    return new SsmAssociation(this, "Resource", {
      name: document.name,
      associationName: `sterna-backup-${name}`,
      // A new version of the document is placed at once.
      documentVersion: document.defaultVersion,
      targets: Object.entries(instanceTags).map(([tag, value]) => ({ key: `tag:${tag}`, values: [value] })),
      complianceSeverity: "HIGH",
    });
  }
}

/**
 * The lines of a shell script that puts files on a host and starts the timers. Contents travel in base64, and paths are
 * made of names that were checked: nothing that a person wrote is read by the shell.
 */
function placementScript(files: readonly HostFile[]): string[] {
  const timers = files.flatMap(({ path }) => /([^/]+\.timer)$/.exec(path)?.[1] ?? []);
  return [
    "set -eu",
    "umask 022",
    ...files.flatMap(({ path, content }) => [
      `printf %s '${Buffer.from(content).toString("base64")}' | base64 -d > '${path}.new'`,
      `mv '${path}.new' '${path}'`,
    ]),
    ...(timers.length === 0
      ? []
      : [
          "systemctl daemon-reload",
          ...timers.map((timer) => `systemctl enable '${timer}'`),
          `systemctl restart ${timers.map((timer) => `'${timer}'`).join(" ")}`,
        ]),
  ];
}
