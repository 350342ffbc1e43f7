import { type BackupContext, withBackupLock, withWorkspace } from "./plan/backup-context";
import type { BackupManifest } from "./plan/backup-manifest";
import type { LoadedPlan } from "./plan/backup-plan";
import type { BackupStore } from "./stores/backup-store";
import { withStores } from "./stores/open-stores";
import { problemIn, verifyBackup } from "./verify-backup";

const DAY_MILLISECONDS = 86_400_000;

/** The effect of retention on one store. */
export interface Pruning {
  readonly location: string;
  /** Ids that were deleted, or would be. */
  readonly deleted: readonly string[];
  /** Ids that stay. */
  readonly kept: readonly string[];
  /** Why nothing may be deleted here. */
  readonly refusal?: string;
}

/**
 * Deletes what is older than the plan's retention, in each store separately.
 *
 * The newest verified backups are kept at any age, and are verified now by reading them. While the newest backup cannot
 * be restored, nothing is deleted, because only the old ones remain.
 *
 * @param dryRun only reports what would be deleted
 */
export async function pruneBackups(plan: LoadedPlan, dryRun: boolean, context: BackupContext): Promise<Pruning[]> {
  return withBackupLock(plan, context, () =>
    withStores(plan, context.signal, (stores) =>
      withWorkspace(plan, async (scratch) => {
        const prunings: Pruning[] = [];
        for (const store of stores) {
          const pruning = await planPruning(
            plan,
            store,
            (manifest) => problemIn(verifyBackup(plan, store, manifest, scratch, context)),
            context,
          );
          prunings.push(pruning);
          if (dryRun) continue;
          for (const id of pruning.deleted) {
            context.progress(`deletes ${id} of ${store.location}`);
            await store.remove(id);
          }
        }
        return prunings;
      }),
    ),
  );
}

async function planPruning(
  plan: LoadedPlan,
  store: BackupStore,
  verifies: (manifest: BackupManifest) => Promise<string | undefined>,
  context: BackupContext,
): Promise<Pruning> {
  const { backups, unreadable } = await store.list();
  const ids = [...backups, ...unreadable].map(({ id }) => id).sort();
  const old = backups.filter(({ startedAt }) => isOld(startedAt, plan.retention.days, context.now()));
  const nothing = { location: store.location, deleted: [], kept: ids };
  if (old.length === 0) return nothing;
  const newest = ids.at(-1)!;
  const broken = unreadable.find(({ id }) => id === newest);
  if (broken) return { ...nothing, refusal: `the newest backup, ${newest}, cannot be read: ${broken.reason}` };
  let verified = 0;
  const deletable: string[] = [];
  for (const manifest of backups) {
    // Older ones need not be read: only their age matters.
    const problem = verified < plan.retention.atLeast ? await verifies(manifest) : undefined;
    if (problem !== undefined && manifest.id === newest) {
      return { ...nothing, refusal: `the newest backup, ${newest}, cannot be restored: ${problem}` };
    }
    if (problem === undefined && verified < plan.retention.atLeast) verified += 1;
    else if (old.includes(manifest)) deletable.push(manifest.id);
  }
  return { location: store.location, deleted: deletable, kept: ids.filter((id) => !deletable.includes(id)) };
}

function isOld(startedAt: string, days: number, now: Date): boolean {
  return now.getTime() - Date.parse(startedAt) > days * DAY_MILLISECONDS;
}
