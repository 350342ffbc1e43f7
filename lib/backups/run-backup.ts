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
        await checkFreeSpace(plan, workspace, { ...context, resolve });
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
 * Compares the free space with what the plan requires, or with an estimate. An estimate refuses nothing: how well the
 * data can be compressed is unknown.
 *
 * @throws EngineError `BackupSpaceMissing`
 */
async function checkFreeSpace(
  plan: LoadedPlan,
  workspace: string,
  context: SizeContext & Pick<BackupContext, "progress">,
): Promise<void> {
  const { bavail, bsize } = await statfs(workspace);
  const free = bavail * bsize;
  const has = `${dirname(workspace)} has ${formatBytes(free)} free`;
  const required = plan.requiredFreeBytes;
  if (required !== undefined) {
    if (required <= free) return;
    throw new EngineError(
      "BackupSpaceMissing",
      `the plan requires ${formatBytes(required)} of free space, and ${has}; free ${formatBytes(required - free)}, or require less`,
    );
  }
  const { directory, bucket } = plan.destination;
  // What is in the bucket is read back beside what is in the directory.
  const copies = directory !== undefined && bucket !== undefined ? 2 : 1;
  let needed = 0;
  const parts: string[] = [];
  for (const part of plan.parts) {
    const { stored, readBack } = await kindOf(part).size(part, context);
    const bytes = copies * stored + readBack;
    needed += bytes;
    parts.push(`${part.id}: ${formatBytes(bytes)}`);
  }
  if (needed <= free) return;
  context.progress(
    `the backup may need up to ${formatBytes(needed)} (${parts.join(", ")}), and ${has}; it fails if the disk becomes full`,
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
