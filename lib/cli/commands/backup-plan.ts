import { resolve } from "node:path";
import type { BackupContext } from "../../backups/plan/backup-context";
import type { BackupManifest } from "../../backups/plan/backup-manifest";
import { type LoadedPlan, readBackupPlan } from "../../backups/plan/backup-plan";
import type { Pruning } from "../../backups/prune-backups";
import type { Restoration } from "../../backups/restore-backup";
import { EngineError } from "../../engine/engine-error";
import { formatBytes } from "../../engine/files/file-manifest";
import type { CommandContext } from "../terminal/command";

/**
 * Runs work with a backup plan. Ctrl-C, and SIGTERM from a scheduler, stop it and clean up.
 *
 * @param file path of the plan, relative to the working directory
 */
export async function withPlan<T>(
  { surroundings, terminal }: CommandContext,
  file: string,
  work: (plan: LoadedPlan, context: BackupContext) => Promise<T>,
): Promise<T> {
  const plan = readBackupPlan(resolve(surroundings.directory, file));
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void =>
    stop.abort(new EngineError("Interrupted", `${signal} stopped it; nothing was left half done`));
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await work(plan, {
      environment: surroundings.environment,
      signal: stop.signal,
      progress: (text) => terminal.announce(text),
      now: () => new Date(),
    });
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** A backup in one line: its id, its release, its parts and its size. */
export function backupLine({ id, release, parts }: BackupManifest): string {
  const bytes = parts.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  return `${id}  release ${release}  ${parts.map((part) => part.id).join(", ")}  ${formatBytes(bytes)}`;
}

/** What retention deleted, or would delete. */
export function pruningText(prunings: readonly Pruning[], dryRun: boolean): string {
  return prunings
    .flatMap(({ location, deleted, kept }) => [
      `${location}: ${kept.length} stay, ${deleted.length} ${dryRun ? "would be deleted" : "deleted"}`,
      ...deleted.map((id) => `  - ${id}`),
    ])
    .join("\n");
}

/** The locations of the restored data, and how to delete what it replaced. */
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
