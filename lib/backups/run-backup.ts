import { chmod, mkdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EngineError } from "../engine/engine-error";
import { formatBytes, manifestOf } from "../engine/files/file-manifest";
import { replaceFile } from "../core/replace-file";
import { walkDirectory } from "../engine/files/walk";
import { assertOutside } from "../engine/archive/archive";
import { type BackupContext, resolverIn, withBackupLock, withWorkspace } from "./plan/backup-context";
import { backupIdAt, type BackupManifest, MANIFEST_FILE, type PartRecord } from "./plan/backup-manifest";
import { assertRelease, type LoadedPlan } from "./plan/backup-plan";
import { kindOf } from "./parts/index";
import type { SizeContext } from "./parts/part-kind";
import { withStores } from "./stores/open-stores";

/** A completed backup and its location. */
export interface TakenBackup {
  readonly manifest: BackupManifest;
  readonly locations: readonly string[];
}

/**
 * Takes a backup: every part, each read back. If one part fails, the whole backup fails and nothing of it remains.
 *
 * @throws EngineError `BackupProgramMissing`, `BackupFailed`, `BackupEmpty`, `BackupUnreadable`, `SourceMissing`,
 * `SourceEmpty`, `SourceChanged`, `BackupSpaceMissing`, `TargetMissing`, `UnresolvedReference`, `InvalidBackupPlan`
 */
export async function runBackup(plan: LoadedPlan, context: BackupContext): Promise<TakenBackup> {
  assertDestinationOutside(plan);
  const resolve = resolverIn(plan, context);
  const release = assertRelease(await resolve(plan.release));
  const commit = plan.commit && (await resolve(plan.commit));
  return withBackupLock(plan, context, () =>
    withStores(plan, context.signal, (stores) =>
      withWorkspace(plan, async (workspace) => {
        await assertFreeSpace(plan, workspace, { resolve, signal: context.signal });
        const startedAt = context.now();
        const id = backupIdAt(startedAt);
        const folder = join(workspace, "backup");
        const scratch = join(workspace, "scratch");
        await mkdir(folder, { mode: 0o700 });
        await mkdir(scratch, { mode: 0o700 });
        const parts: PartRecord[] = [];
        for (const part of plan.parts) {
          const content = await kindOf(part).backUp(part, { ...context, resolve, folder, scratch, backupId: id });
          const known = new Set(parts.flatMap(({ files }) => files.map(({ path }) => path)));
          const written = (await walkDirectory(folder, "refuse")).files.filter((path) => !known.has(path));
          for (const path of written) await chmod(join(folder, path), 0o600);
          const files = await manifestOf(folder, written, context.signal);
          parts.push({ settings: {}, ...content, id: part.id, kind: part.kind, files });
        }
        const manifest: BackupManifest = {
          version: 1,
          id,
          system: plan.system,
          environment: plan.environment,
          release,
          ...(commit && { commit }),
          startedAt: startedAt.toISOString(),
          finishedAt: context.now().toISOString(),
          parts,
        };
        await replaceFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
        // The directory last, because it moves the files.
        for (const store of [...stores].reverse()) {
          context.progress(`writes the backup to ${store.location}`);
          await store.publish(folder, manifest);
        }
        return {
          manifest,
          locations: stores.map(({ location }) => `${location}${location.endsWith("/") ? "" : "/"}${id}`),
        };
      }),
    ),
  );
}

/**
 * How many bytes a backup may write: the size of the data, since nothing tells beforehand how well it can be compressed.
 *
 * @returns bytes by part
 */
export async function sizesOf(plan: LoadedPlan, context: SizeContext): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const part of plan.parts) sizes.set(part.id, await kindOf(part).size(part, context));
  return sizes;
}

/** @throws EngineError `BackupSpaceMissing` */
async function assertFreeSpace(plan: LoadedPlan, folder: string, context: SizeContext): Promise<void> {
  const sizes = plan.requiredFreeBytes === undefined ? await sizesOf(plan, context) : undefined;
  const needed = plan.requiredFreeBytes ?? [...sizes!.values()].reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (needed <= free) return;
  const parts = [...(sizes ?? [])].map(([id, size]) => `${id}: ${formatBytes(size)}`).join(", ");
  throw new EngineError(
    "BackupSpaceMissing",
    `the backup may need ${formatBytes(needed)} (${parts || "requiredFreeBytes"}), and ${dirname(folder)} has ` +
      `${formatBytes(free)} free; free ${formatBytes(needed - free)}, or set requiredFreeBytes if the data is known to ` +
      "take less",
  );
}

/** A backup in a directory that it backs up would contain all earlier backups. */
function assertDestinationOutside({ parts, destination }: LoadedPlan): void {
  const { directory } = destination;
  if (directory === undefined) return;
  assertOutside(
    directory,
    parts.flatMap((part) => (part.kind === "directory" ? [part.path] : [])),
  );
}
