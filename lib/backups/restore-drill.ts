import type { CheckResult } from "../manifest/step-checks";
import { writeEvidence } from "../manifest/evidence";
import { someOf } from "../core/text";
import { EngineError } from "../engine/engine-error";
import { type BackupContext, resolverIn, withWorkspace } from "./plan/backup-context";
import { type BackupManifest, manifestDigest } from "./plan/backup-manifest";
import type { LoadedPlan } from "./plan/backup-plan";
import { assertFresh, findBackup } from "./stores/backup-store";
import { differencesIn } from "./parts/part-kind";
import { kindOf } from "./parts/index";
import { withStores } from "./stores/open-stores";
import { assertDigests, partsOf } from "./verify-backup";

const DAY_MILLISECONDS = 86_400_000;

/** Id of the gate that requires a restore drill. */
export const RESTORE_DRILL_GATE = "restore-drill";

/** A drill that succeeded. */
export interface Drill {
  readonly backup: string;
  readonly checks: readonly CheckResult[];
  readonly seconds: number;
  /** Path of the evidence, for a commit. */
  readonly evidence: string;
}

/**
 * Restores the newest backup to temporary targets, compares all counts and digests, and writes the evidence. The
 * evidence is valid only for the release that the backup was taken of.
 *
 * @throws EngineError `BackupMissing`, `BackupStale`, `BackupCorrupt`, `RestoreFailed`, `RestoreMismatch`: no evidence
 * is written then
 */
export async function restoreDrill(plan: LoadedPlan, context: BackupContext): Promise<Drill> {
  const started = context.now();
  return withStores(plan, context.signal, async (stores) => {
    const { store, manifest } = await findBackup(stores);
    assertFresh(manifest, plan.maximumAgeHours, started);
    const checks = await withWorkspace(plan, (scratch) =>
      store.open(manifest, scratch, async (folder) => {
        await assertDigests(manifest, folder, context);
        const resolve = resolverIn(plan, context);
        const all: CheckResult[] = [];
        // The current parts of the plan: a part that the newest backup lacks has no backup at all.
        for (const { part, record } of partsOf(
          plan,
          manifest,
          plan.parts.map(({ id }) => id),
        )) {
          context.progress(`restores ${part.id} into a scratch target`);
          const partContext = { ...context, resolve, folder, scratch, backupId: manifest.id };
          all.push(...(await kindOf(part).drill(part, record, partContext)));
        }
        return all;
      }),
    );
    const differences = differencesIn(checks);
    if (differences.length > 0) {
      throw new EngineError(
        "RestoreMismatch",
        `the backup ${manifest.id} does not give back what went into it: ${someOf(differences, 10, "; ")}`,
      );
    }
    const ended = context.now();
    const seconds = (ended.getTime() - started.getTime()) / 1000;
    const evidence = writeDrillEvidence(plan, manifest, checks.length, seconds, ended);
    return { backup: manifest.id, checks, seconds, evidence };
  });
}

function writeDrillEvidence(
  plan: LoadedPlan,
  manifest: BackupManifest,
  comparisons: number,
  seconds: number,
  ended: Date,
): string {
  const counts = manifest.parts.flatMap(({ id, counts }) => {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return [[`${id} counted`, total] as const];
  });
  return writeEvidence(plan.drill.directory, {
    gate: RESTORE_DRILL_GATE,
    system: plan.system,
    environment: plan.environment,
    release: manifest.release,
    by: "sterna backup drill",
    at: ended.toISOString(),
    expires: new Date(ended.getTime() + plan.drill.evidenceDays * DAY_MILLISECONDS).toISOString(),
    note: `Restored ${manifest.parts.map(({ id }) => id).join(", ")} of the backup ${manifest.id} into scratch targets.`,
    facts: {
      backup: manifest.id,
      "backup taken at": manifest.startedAt,
      "manifest sha256": manifestDigest(manifest),
      comparisons,
      seconds,
      ...Object.fromEntries(counts),
    },
  });
}
