import { describeText } from "../../manifest/text";
import type { Artifact } from "../../manifest/step-record";
import type { StepKind } from "../../engine/step-kind";
import { backupProgram, type BackupProgram } from "./program";

// The clients of the stores are loaded when such a step runs, so that the provider starts fast.
const loadWork = () => import("./take-and-restore.js");

/**
 * Takes a backup, reads it back, and records which one it is. A rollback keeps the backup, or restores exactly the one
 * that was recorded.
 */
export const backupKind: StepKind<BackupProgram> = {
  kind: "backup",
  schema: backupProgram,
  effectless: false,

  isEffectless: ({ down }) => down === "keep",

  preview: (program) => [
    `backup: ${describeParts(program)}${describeDestination(program)}`,
    "verify: every file of the backup has its recorded sha256, and every part can be read",
    ...(program.down === "restore" ? ["rollback: this backup is restored over the live data"] : []),
  ],

  undo: (program, artifact) => [
    program.down === "restore"
      ? `undo: restore ${describeBackup(artifact)} (${describeParts(program)}) over the live data, which is kept beside it`
      : `keep: ${describeBackup(artifact)}`,
  ],

  loss: (program, since) =>
    program.down === "restore"
      ? `set aside: what was written to ${describeParts(program)} ${since}; the replaced data is kept until someone deletes it`
      : undefined,

  up: async (program, context) => (await loadWork()).takeBackup(program, context),

  verify: async (program, context, artifact) => (await loadWork()).readBackupBack(program, context, artifact),

  async down(program, context, artifact) {
    // A failed attempt recorded no backup and changed no data.
    if (program.down === "restore" && artifact !== undefined) {
      await (await loadWork()).restoreRecorded(program, context, artifact);
    }
  },
};

function describeBackup(artifact: Artifact | undefined): string {
  return artifact === undefined ? "the backup" : `the backup ${artifact["backup"]}`;
}

function describeParts({ plan, planFile }: BackupProgram): string {
  if (plan === undefined) return `what ${describeText(planFile!)} names`;
  return plan.parts.map(({ id, kind }) => `${id} (${kind})`).join(", ");
}

function describeDestination({ plan }: BackupProgram): string {
  if (plan === undefined) return "";
  const { directory, bucket } = plan.destination;
  const places = [
    ...(directory === undefined ? [] : [describeText(directory)]),
    ...(bucket === undefined ? [] : [`s3://${describeText(bucket.name)}/${bucket.prefix}`]),
  ];
  return ` to ${places.join(" and ")}`;
}
