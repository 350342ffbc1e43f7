import { SsmAssociation } from "@cdktf/provider-aws/lib/ssm-association";
import { SsmDocument } from "@cdktf/provider-aws/lib/ssm-document";
import type { Construct } from "constructs";
import type { HostFile, HostPlacement } from "../../backup/host-backup-timer-props";

/** Places the files of a `HostBackupTimer` on instances by AWS Systems Manager, and starts the timers. */
export class SystemsManagerPlacement implements HostPlacement {
  private constructor(private readonly targets: readonly { readonly key: string; readonly values: string[] }[]) {}

  /**
   * Instances that carry all of these tags.
   *
   * @param tags such as `{ Role: "database" }`
   */
  static byTags(tags: Readonly<Record<string, string>>): SystemsManagerPlacement {
    return new SystemsManagerPlacement(
      Object.entries(tags).map(([tag, value]) => ({ key: `tag:${tag}`, values: [value] })),
    );
  }

  /** Emits `aws_ssm_document` and `aws_ssm_association` below the timer. */
  place(timer: Construct, name: string, files: readonly HostFile[]): void {
    const document = new SsmDocument(timer, "Document", {
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
            inputs: { runCommand: placementScript(files) },
          },
        ],
      }),
    });
    new SsmAssociation(timer, "Resource", {
      name: document.name,
      associationName: `sterna-backup-${name}`,
      // A new version of the document is placed at once.
      documentVersion: document.defaultVersion,
      targets: [...this.targets],
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
