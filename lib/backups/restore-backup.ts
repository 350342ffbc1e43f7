import { EngineError } from "../engine/engine-error";
import { type BackupContext, resolverIn, withBackupLock, withWorkspace } from "./plan/backup-context";
import { type BackupManifest, manifestDigest } from "./plan/backup-manifest";
import type { LoadedPlan } from "./plan/backup-plan";
import { findBackup } from "./stores/backup-store";
import { kindOf } from "./parts/index";
import type { Restored } from "./parts/part-kind";
import { assertPrograms } from "./parts/run-program";
import { withStores } from "./stores/open-stores";
import { assertDigests, partsOf } from "./verify-backup";

/** Which backup to restore, and which parts. */
export interface RestoreRequest {
  /** If absent, the newest. */
  readonly backup?: string;

  /** Ids of parts. If absent, the whole backup. */
  readonly parts?: readonly string[];

  /** Digest that the manifest must have, see `manifestDigest`. If absent, any. */
  readonly manifestSha256?: string;

  /** Whether an interrupted restore of the same backup is continued, instead of refused. */
  readonly resume?: boolean;
}

/** Result of a restore. */
export interface Restoration {
  readonly backup: string;
  readonly restored: readonly Restored[];
}

/**
 * Replaces the live data with a backup. All parts are read before the first one is restored. Each is restored next to the live data and compared before it is swapped
 * in, and the replaced data is kept until `confirmRestore`.
 *
 * @param onRestored receives each part once it is in place: if a later one fails, this one stays
 * @throws EngineError `BackupMissing`, `BackupCorrupt`, `BackupUnreadable`, `BackupProgramMissing`, `RestoreFailed`,
 * `RestoreMismatch`, `TargetConflict`
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
      assertRecorded(manifest, request.manifestSha256, store.location);
      const parts = partsOf(plan, manifest, request.parts);
      return withWorkspace(plan, (scratch) =>
        store.open(manifest, scratch, async (folder) => {
          await assertDigests(manifest, folder, context);
          const partContext = {
            ...context,
            resolve: resolverIn(plan, context),
            folder,
            scratch,
            backupId: manifest.id,
          };
          // A part that cannot be restored is found before another one is replaced.
          for (const { part, record } of parts) {
            assertPrograms(kindOf(part).restorePrograms, context);
            context.progress(`${part.id}: reads the backup`);
            await kindOf(part).check(part, record, partContext);
          }
          const restored: Restored[] = [];
          for (const { part, record } of parts) {
            const earlier = request.resume ? await kindOf(part).resume(part, record, partContext) : undefined;
            restored.push(earlier ?? (await kindOf(part).restore(part, record, partContext)));
            onRestored(restored.at(-1)!);
          }
          return { backup: manifest.id, restored };
        }),
      );
    }),
  );
}

/** @throws EngineError `BackupCorrupt` for another backup than the one that was recorded */
export function assertRecorded(manifest: BackupManifest, recorded: string | undefined, location: string): void {
  const digest = manifestDigest(manifest);
  if (recorded === undefined || digest === recorded) return;
  throw new EngineError(
    "BackupCorrupt",
    `the manifest of the backup ${manifest.id} in ${location} has the sha256 ${digest}, and ${recorded} was recorded ` +
      "when the backup was taken: it was changed or replaced since. Nothing was restored",
  );
}

/**
 * Deletes the replaced data that a restore kept.
 *
 * @param backup id of the backup that was restored
 * @returns what was deleted
 */
export async function confirmRestore(plan: LoadedPlan, backup: string, context: BackupContext): Promise<string[]> {
  return withBackupLock(plan, context, async () => {
    const resolve = resolverIn(plan, context);
    const deleted: string[] = [];
    for (const part of plan.parts) {
      const partContext = { ...context, resolve, folder: "", scratch: "", backupId: backup };
      deleted.push(...(await kindOf(part).confirm(part, partContext)));
    }
    return deleted;
  });
}
