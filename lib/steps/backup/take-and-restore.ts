import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type BackupContext, type Resolve, resolverOf, withWorkspace } from "../../backups/plan/backup-context";
import { type BackupManifest, manifestDigest, type PartRecord } from "../../backups/plan/backup-manifest";
import { type LoadedPlan, readBackupPlan } from "../../backups/plan/backup-plan";
import { restoreBackup } from "../../backups/restore-backup";
import { runBackup } from "../../backups/run-backup";
import type { BackupStore } from "../../backups/stores/backup-store";
import { withStores } from "../../backups/stores/open-stores";
import { problemIn, verifyBackup } from "../../backups/verify-backup";
import { readJsonFile } from "../../core/read-json-file";
import { EngineError } from "../../engine/engine-error";
import { formatBytes } from "../../engine/files/file-manifest";
import type { StepContext } from "../../engine/step-kind";
import { type NewEvidence, writeEvidence } from "../../manifest/evidence";
import { STACK_MANIFEST_FILE, stackManifest } from "../../manifest/stack-manifest";
import type { CheckResult } from "../../manifest/step-checks";
import type { Artifact } from "../../manifest/step-record";
import type { Text } from "../../manifest/text";
import type { BackupProgram } from "./program";

const DAY_MILLISECONDS = 86_400_000;

/** Backups that wait for their verification. Only the run that took a backup attests it: a later check changes nothing. */
const unattested = new WeakMap<StepContext, BackupManifest>();

/**
 * Takes the backup of a step. After a crash, the next attempt takes a new one. An earlier backup that is complete but not
 * recorded stays until its retention ends.
 */
export async function takeBackup(program: BackupProgram, context: StepContext): Promise<Artifact> {
  const { plan, backupContext } = await openPlan(program, context);
  const { manifest, locations } = await runBackup(plan, backupContext);
  unattested.set(context, manifest);
  const { directory } = plan.destination;
  return {
    backup: manifest.id,
    manifestSha256: manifestDigest(manifest),
    system: manifest.system,
    environment: manifest.environment,
    release: manifest.release,
    ...(manifest.commit !== undefined && { commit: manifest.commit }),
    startedAt: manifest.startedAt,
    ...(directory !== undefined && { directory }),
    ...Object.fromEntries(locations.map((location, index) => [`location${index + 1}`, location])),
    ...Object.fromEntries(manifest.parts.flatMap(describePart)),
  };
}

function describePart({ id, kind, counts, files }: PartRecord): [string, string | number][] {
  const counted = COUNTED[kind];
  const count = counted === undefined ? Object.values(counts).reduce((sum, each) => sum + each, 0) : counts[counted];
  return [
    [`${id}.kind`, kind],
    [`${id}.count`, count ?? 0],
    [`${id}.bytes`, files.reduce((sum, { size }) => sum + size, 0)],
  ];
}

/** What is counted in a part, where that is not the sum of its rows or values. */
const COUNTED: Partial<Record<PartRecord["kind"], string>> = {
  redis: "keys",
  directory: "files",
  "env-file": "variables",
};

/**
 * Reads the recorded backup back from every place that has to have it, and attests it when it has just been taken. A
 * backup that is missing because its retention ended passes.
 */
export async function readBackupBack(
  program: BackupProgram,
  context: StepContext,
  artifact: Artifact | undefined,
): Promise<CheckResult[]> {
  const recorded = recordedBackup(artifact);
  if (recorded === undefined) return [{ query: "backup", expected: "recorded", actual: "not recorded" }];
  const { plan, backupContext } = await openPlan(program, context, recorded.directory);
  const results = await withStores(plan, context.signal, (stores) =>
    withWorkspace(plan, async (scratch) => {
      const results: CheckResult[] = [];
      for (const store of stores) results.push(...(await readFrom(store, recorded, plan, scratch, backupContext)));
      return results;
    }),
  );
  const taken = unattested.get(context);
  unattested.delete(context);
  if (taken?.id === recorded.id && results.every(({ expected, actual }) => expected === actual)) {
    attestBackup(program, plan, taken, context);
  }
  return results;
}

async function readFrom(
  store: BackupStore,
  recorded: RecordedBackup,
  plan: LoadedPlan,
  scratch: string,
  context: BackupContext,
): Promise<CheckResult[]> {
  const { id } = recorded;
  const read = `the backup ${id} in ${store.location}, read back`;
  const digested = `sha256 of the manifest of the backup ${id} in ${store.location}`;
  const { backups, unreadable } = await store.list();
  const manifest = backups.find((each) => each.id === id);
  if (manifest === undefined) {
    const broken = unreadable.find((each) => each.id === id);
    const expired = broken === undefined ? expiryOf(recorded, plan, context.now()) : undefined;
    if (expired !== undefined) return [{ query: read, expected: expired, actual: expired }];
    return [
      { query: digested, expected: recorded.manifestSha256, actual: "missing" },
      { query: read, expected: "whole", actual: broken?.reason ?? `there is no backup "${id}"` },
    ];
  }
  const problem = await problemIn(verifyBackup(plan, store, manifest, scratch, context));
  return [
    { query: digested, expected: recorded.manifestSha256, actual: manifestDigest(manifest) },
    { query: read, expected: "whole", actual: problem ?? "whole" },
  ];
}

/** Why a backup may be missing, if it may. */
function expiryOf({ startedAt }: RecordedBackup, { retention }: LoadedPlan, now: Date): string | undefined {
  const end = Date.parse(startedAt ?? "") + retention.days * DAY_MILLISECONDS;
  if (!(end < now.getTime())) return undefined;
  return `expired: its retention of ${retention.days} days ended at ${new Date(end).toISOString()}`;
}

/** Restores exactly the backup that was recorded. Continues a restore that was interrupted. */
export async function restoreRecorded(program: BackupProgram, context: StepContext, artifact: Artifact): Promise<void> {
  const recorded = recordedBackup(artifact);
  if (recorded === undefined) {
    throw new EngineError("RollbackFailed", "the ledger does not say which backup the step took; restore it by hand");
  }
  const { plan, backupContext } = await openPlan(program, context, recorded.directory);
  const request = { backup: recorded.id, manifestSha256: recorded.manifestSha256, resume: true };
  await restoreBackup(plan, request, backupContext, ({ part, place, kept, note }) => {
    context.progress(`${part}: restored to ${place}${kept === undefined ? "" : `; the replaced data is ${kept}`}`);
    if (note !== undefined) context.progress(`${part}: ${note}`);
  });
}

interface RecordedBackup {
  readonly id: string;
  readonly manifestSha256: string;
  /** Where the backup is, absolute: a check may run in another directory than the step did. */
  readonly directory: string | undefined;
  readonly startedAt: string | undefined;
}

function recordedBackup(artifact: Artifact | undefined): RecordedBackup | undefined {
  const { backup, manifestSha256, directory, startedAt } = artifact ?? {};
  if (typeof backup !== "string" || typeof manifestSha256 !== "string") return undefined;
  return {
    id: backup,
    manifestSha256,
    directory: typeof directory === "string" ? directory : undefined,
    startedAt: typeof startedAt === "string" ? startedAt : undefined,
  };
}

interface OpenedPlan {
  readonly plan: LoadedPlan;
  readonly backupContext: BackupContext;
}

/** @param directory of the backups, absolute, if it was recorded */
async function openPlan(program: BackupProgram, context: StepContext, directory?: string): Promise<OpenedPlan> {
  const opened = program.planFile === undefined ? inlinePlan(program, context) : await planOfFile(program, context);
  const { destination } = opened.plan;
  return {
    plan: {
      ...opened.plan,
      destination: { ...destination, ...(destination.directory !== undefined && directory && { directory }) },
    },
    backupContext: {
      environment: process.env,
      signal: context.signal,
      progress: (message) => context.progress(message),
      now: () => new Date(),
      resolve: opened.resolve,
    },
  };
}

function inlinePlan(program: BackupProgram, context: StepContext): { plan: LoadedPlan; resolve: Resolve } {
  const { parts, destination, commit, ...plan } = program.plan!;
  const { bucket, directory } = destination;
  const path = (text: Text): string => resolve(context.resolve(text));
  const loaded = {
    ...plan,
    version: 1,
    file: `the plan of step "${context.stepId}"`,
    system: context.definition.system,
    environment: context.definition.environment,
    release: program.release,
    ...(commit !== undefined && { commit: context.resolve(commit) }),
    parts: parts.map((part) => ("path" in part ? { ...part, path: path(part.path) } : part)),
    destination: {
      ...(directory !== undefined && { directory: path(directory) }),
      ...(bucket !== undefined && {
        bucket: {
          ...bucket,
          name: context.resolve(bucket.name),
          region: bucket.region === undefined ? undefined : context.resolve(bucket.region),
        },
      }),
    },
    drill: { evidenceDays: 30, directory: "." },
  };
  // The references of a step are looked up by the step, which keeps what they give out of its messages.
  return { plan: loaded as unknown as LoadedPlan, resolve: async (setting) => context.resolve(setting as Text) };
}

async function planOfFile(
  program: BackupProgram,
  context: StepContext,
): Promise<{ plan: LoadedPlan; resolve: Resolve }> {
  const plan = readBackupPlan(resolve(context.resolve(program.planFile!)));
  for (const what of ["system", "environment"] as const) {
    if (plan[what] === context.definition[what]) continue;
    throw new EngineError(
      "InvalidBackupPlan",
      `${plan.file} is for the ${what} "${plan[what]}", and the step runs for "${context.definition[what]}"; name the plan of this ${what}`,
    );
  }
  await context.lookUp(plan);
  const inFiles = resolverOf(plan.file, process.env);
  return {
    plan,
    resolve: async (setting) =>
      typeof setting !== "string" && "file" in setting ? inFiles(setting) : context.resolve(setting),
  };
}

/** Writes the evidence for the gates of the stack that ask for a recent backup. */
function attestBackup(program: BackupProgram, plan: LoadedPlan, manifest: BackupManifest, context: StepContext): void {
  const bytes = manifest.parts.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  // The backup counts without evidence too: a person can still attest it.
  const attempt = (what: string, write: () => void): void => {
    try {
      write();
    } catch (error) {
      context.progress(`no evidence for ${what}: ${(error as Error).message}`);
    }
  };
  attempt("gates", () => {
    for (const gate of gatesThatAsk()) {
      const shown: NewEvidence = {
        gate,
        system: manifest.system,
        environment: manifest.environment,
        release: manifest.release,
        by: `step ${context.stepId}`,
        at: manifest.startedAt,
        expires: new Date(Date.parse(manifest.startedAt) + plan.retention.days * DAY_MILLISECONDS).toISOString(),
        note: `Backed up ${manifest.parts.map((part) => part.id).join(", ")}, ${formatBytes(bytes)}, and read it back.`,
        facts: { backup: manifest.id, "manifest sha256": manifestDigest(manifest), bytes },
      };
      attempt(`the gate ${gate}`, () =>
        context.progress(`evidence for the gate ${gate}: ${writeEvidence(resolve(program.project), shown)}`),
      );
    }
  });
}

/** Ids of the gates of the stack that ask for a recent backup. */
function gatesThatAsk(): string[] {
  if (!existsSync(STACK_MANIFEST_FILE)) return [];
  const manifestFile = stackManifest.pick({ gates: true });
  const { gates } = readJsonFile(resolve(STACK_MANIFEST_FILE), manifestFile, "SynthesisUnreadable");
  return (gates?.gates ?? []).filter(({ evidence }) => evidence?.subject === "backup").map(({ id }) => id);
}
