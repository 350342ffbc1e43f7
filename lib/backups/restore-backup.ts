import { type BackupContext, resolverOf, withBackupLock, withWorkspace } from "./plan/backup-context";
import type { LoadedPlan } from "./plan/backup-plan";
import { findBackup } from "./stores/backup-store";
import { kindOf } from "./parts/index";
import type { Restored } from "./parts/part-kind";
import { withStores } from "./stores/open-stores";
import { assertDigests, partsOf } from "./verify-backup";

/** Which backup is meant, and what of it. */
export interface RestoreRequest {
  /** The newest, when absent. */
  readonly backup?: string;

  /** Ids of parts; all of the backup, when absent. */
  readonly parts?: readonly string[];
}

/** What a restore did. */
export interface Restoration {
  readonly backup: string;
  readonly restored: readonly Restored[];
}

/**
 * Puts a backup in the place of what is there. Every part is restored beside the live data and compared before it is
 * swapped in, and what was there is kept until `confirmRestore`.
 *
 * @param onRestored gets each part once it is in its place: when a later one fails, this one stays
 * @throws EngineError `BackupMissing`, `BackupCorrupt`, `RestoreFailed`, `RestoreMismatch`, `TargetConflict`
 */
export async function restoreBackup(
  plan: LoadedPlan,
  request: RestoreRequest,
  context: BackupContext,
  onRestored: (restored: Restored) => void = () => undefined,
): Promise<Restoration> {
  return withBackupLock(plan, context, () =>
    withStores(plan, context.signal, async (stores) => {
      const { store, manifest } = await findBackup(stores, request.backup);
      const parts = partsOf(plan, manifest, request.parts);
      return withWorkspace(plan, (scratch) =>
        store.open(manifest, scratch, async (folder) => {
          await assertDigests(manifest, folder, context);
          const resolve = resolverOf(plan.file, context.environment);
          const restored: Restored[] = [];
          for (const { part, record } of parts) {
            const partContext = { ...context, resolve, folder, scratch, backupId: manifest.id };
            restored.push(await kindOf(part).restore(part, record, partContext));
            onRestored(restored.at(-1)!);
          }
          return { backup: manifest.id, restored };
        }),
      );
    }),
  );
}

/**
 * Deletes what a restore kept of the data that it replaced.
 *
 * @param backup id of the backup that was restored
 * @returns what was deleted
 */
export async function confirmRestore(plan: LoadedPlan, backup: string, context: BackupContext): Promise<string[]> {
  return withBackupLock(plan, context, async () => {
    const resolve = resolverOf(plan.file, context.environment);
    const deleted: string[] = [];
    for (const part of plan.parts) {
      const partContext = { ...context, resolve, folder: "", scratch: "", backupId: backup };
      deleted.push(...(await kindOf(part).confirm(part, partContext)));
    }
    return deleted;
  });
}
