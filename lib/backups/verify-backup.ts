import { join } from "node:path";
import { SternaError } from "../core/errors";
import { EngineError } from "../engine/engine-error";
import { digestOfFile } from "../engine/files/file-manifest";
import { type BackupContext, resolverIn } from "./plan/backup-context";
import type { BackupManifest, PartRecord } from "./plan/backup-manifest";
import type { BackupPart, LoadedPlan } from "./plan/backup-plan";
import { kindOf } from "./parts/index";
import type { BackupStore } from "./stores/backup-store";

/**
 * Reads a backup as a restore would: the sha256 of every file, then each part with the program that would restore it.
 *
 * @param scratch private temporary folder
 * @throws EngineError `BackupCorrupt`, `BackupUnreadable`, `BackupProgramMissing`
 */
export async function verifyBackup(
  plan: LoadedPlan,
  store: BackupStore,
  manifest: BackupManifest,
  scratch: string,
  context: BackupContext,
): Promise<void> {
  await store.open(manifest, scratch, async (folder) => {
    await assertDigests(manifest, folder, context);
    const resolve = resolverIn(plan, context);
    for (const { part, record } of partsOf(plan, manifest)) {
      context.progress(`${manifest.id}: reads ${part.id} back`);
      await kindOf(part).check(part, record, { ...context, resolve, folder, scratch, backupId: manifest.id });
    }
  });
}

const BROKEN: readonly string[] = ["BackupCorrupt", "BackupUnreadable", "RestoreMismatch"];

/**
 * Waits for a verification.
 *
 * @returns what is wrong with the backup, if anything
 * @throws any error that is not about the backup itself, such as `BackupProgramMissing`
 */
export async function problemIn(verification: Promise<unknown>): Promise<string | undefined> {
  try {
    await verification;
    return undefined;
  } catch (error) {
    if (error instanceof SternaError && BROKEN.includes(error.code)) return error.message;
    throw error;
  }
}

/**
 * Compares every file of a backup with the digest in its manifest.
 *
 * @throws EngineError `BackupCorrupt`
 */
export async function assertDigests(manifest: BackupManifest, folder: string, context: BackupContext): Promise<void> {
  context.progress(`${manifest.id}: digests its files`);
  for (const file of manifest.parts.flatMap(({ files }) => files)) {
    const path = join(folder, file.path);
    const digest = await digestOfFile(path, context.signal).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") throw corrupt(`${path} is missing`);
      throw cause;
    });
    if (digest.size !== file.size) throw corrupt(`${path} has ${digest.size} bytes instead of ${file.size}`);
    if (digest.sha256 !== file.sha256) throw corrupt(`${path} was changed: its sha256 is not the one of the manifest`);
  }
}

/**
 * The parts of a backup with their entries in the plan.
 *
 * @param only ids of the requested parts; if absent, the whole backup
 * @throws EngineError `BackupMissing` when the plan, or the backup, has no such part
 */
export function partsOf(
  plan: LoadedPlan,
  manifest: BackupManifest,
  only?: readonly string[],
): { readonly part: BackupPart; readonly record: PartRecord }[] {
  const wanted = only ?? manifest.parts.map(({ id }) => id);
  return wanted.map((id) => {
    const record = manifest.parts.find((candidate) => candidate.id === id);
    const part = plan.parts.find((candidate) => candidate.id === id);
    if (record && part?.kind === record.kind) return { part, record };
    const has = (parts: readonly { id: string; kind: string }[]): string =>
      parts.map((each) => `${each.id} (${each.kind})`).join(", ");
    throw new EngineError(
      "BackupMissing",
      `there is no part "${id}" in both the backup ${manifest.id}, which has ${has(manifest.parts)}, and ${plan.file}, which has ${has(plan.parts)}`,
    );
  });
}

function corrupt(what: string): EngineError {
  return new EngineError("BackupCorrupt", `${what}; this backup cannot be restored, take the one before it`);
}
