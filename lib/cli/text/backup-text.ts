import type { BackupManifest } from "../../engine/backups/backup-manifest";
import type { Pruning } from "../../engine/backups/prune-backups";
import type { Restoration } from "../../engine/backups/restore-backup";
import { formatBytes } from "../../engine/files/format-bytes";

/** A backup in one line: its id, its release, its parts and its size. */
export function backupLine({ id, release, parts }: BackupManifest): string {
  const bytes = parts.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  return `${id}  release ${release}  ${parts.map((part) => part.id).join(", ")}  ${formatBytes(bytes)}`;
}

/** What retention did, or would do. */
export function pruningText(prunings: readonly Pruning[], dryRun: boolean): string {
  return prunings
    .flatMap(({ location, deleted, kept }) => [
      `${location}: ${kept.length} stay, ${deleted.length} ${dryRun ? "would be deleted" : "deleted"}`,
      ...deleted.map((id) => `  - ${id}`),
    ])
    .join("\n");
}

/** Where everything is now, and how what was there is got rid of. */
export function restoredText({ backup, restored }: Restoration, plan: string): string {
  const lines = restored.flatMap(({ part, place, kept, note }) => [
    `${part}: ${place}`,
    ...(kept ? [`  what was there: ${kept}`] : []),
    ...(note ? [`  ${note}`] : []),
  ]);
  const anyKept = restored.some(({ kept }) => kept !== undefined);
  const cure = `Once all is well: sterna backup restore ${plan} --confirm ${backup}`;
  return [...lines, ...(anyKept ? [cure] : [])].join("\n");
}
