import { SsmAssociation, type SsmAssociationConfig } from "@cdktf/provider-aws/lib/ssm-association";
import { SsmDocument, type SsmDocumentConfig } from "@cdktf/provider-aws/lib/ssm-document";
import type { Construct } from "constructs";
import { report } from "../../core/errors";
import { applyTransform, type Transform } from "../../core/refactoring";
import type { HostFile, HostPlacement } from "../../backup/host-backup-timer-props";

/** Hooks for the resources of a `SystemsManagerPlacement`. */
export interface SystemsManagerPlacementTransform {
  /** @default - unchanged */
  readonly document?: Transform<SsmDocumentConfig>;
  /** @default - unchanged */
  readonly association?: Transform<SsmAssociationConfig>;
}

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html (Targets) */
const MOST_TARGETS = 5;

/** Places the files of a `HostBackupTimer` on instances with AWS Systems Manager, and starts the timers. */
export class SystemsManagerPlacement implements HostPlacement {
  private constructor(
    private readonly targets: readonly { readonly key: string; readonly values: string[] }[],
    private readonly transform: SystemsManagerPlacementTransform | undefined,
  ) {}

  /**
   * Selects instances that have all of these tags.
   *
   * @param tags one to five, such as `{ Role: "database" }`
   * @param transform changes the configuration of the resources; the result is not validated
   */
  static byTags(
    tags: Readonly<Record<string, string>>,
    transform?: SystemsManagerPlacementTransform,
  ): SystemsManagerPlacement {
    return new SystemsManagerPlacement(
      Object.entries(tags).map(([tag, value]) => ({ key: `tag:${tag}`, values: [value] })),
      transform,
    );
  }

  /**
   * Emits `aws_ssm_document` and `aws_ssm_association` under the timer.
   *
   * @throws ValidationError `InvalidBackupTimer`
   */
  place(timer: Construct, name: string, files: readonly HostFile[]): void {
    if (this.targets.length < 1 || this.targets.length > MOST_TARGETS) {
      const message = `SystemsManagerPlacement.byTags got ${this.targets.length} tags; Systems Manager takes 1 to ${MOST_TARGETS}`;
      report(timer, "InvalidBackupTimer", message);
    }
    const content = {
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
    };
    const document = new SsmDocument(timer, "Document", applyTransform(content, this.transform?.document));
    const association = {
      name: document.name,
      associationName: `sterna-backup-${name}`,
      // Applies a new version of the document at once.
      documentVersion: document.defaultVersion,
      targets: [...this.targets],
      complianceSeverity: "HIGH",
    };
    new SsmAssociation(timer, "Resource", applyTransform(association, this.transform?.association));
  }
}

/**
 * The lines of a shell script that writes files to a host and starts the timers. Contents are base64-encoded and paths
 * are quoted, so the shell never interprets user input.
 */
function placementScript(files: readonly HostFile[]): string[] {
  const timers = files.flatMap(({ path }) => /([^/]+\.timer)$/.exec(path)?.[1] ?? []);
  return [
    "set -eu",
    "umask 022",
    ...files.flatMap(({ path, content }) => [
      `printf %s '${Buffer.from(content).toString("base64")}' | base64 -d > ${quoted(`${path}.new`)}`,
      `mv ${quoted(`${path}.new`)} ${quoted(path)}`,
    ]),
    ...(timers.length === 0
      ? []
      : [
          "systemctl daemon-reload",
          ...timers.map((timer) => `systemctl enable ${quoted(timer)}`),
          `systemctl restart ${timers.map(quoted).join(" ")}`,
        ]),
  ];
}

/** A transform can set any path. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
