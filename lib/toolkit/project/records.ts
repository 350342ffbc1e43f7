import { existsSync, appendFileSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join, relative, resolve } from "node:path";
import { SternaError } from "../../core/errors";
import { readJsonFile } from "../../core/read-json-file";
import type { Repair, RepairedRow } from "../../engine/executor/adopt-step";
import { openGcsStore } from "../../engine/objects/gcs-store";
import { ConditionalWrites, type ObjectStore } from "../../engine/objects/object-store";
import { S3Store } from "../../engine/objects/s3-store";
import { environmentsFile, type RecordsPlace } from "../../manifest/environments-file";
import type { PromotionReport } from "../../promotion/promotion-report";
import { ApplyIntents, type ApplyIntent, type NewApplyIntent } from "../../promotion/records/apply-intents";
import type { ApplyRecord, NewApplyRecord } from "../../promotion/records/apply-record";
import { FolderStore, RecordChain, type ChainedRecord } from "../../promotion/records/record-chain";
import type { Project } from "./project";
import { chainOf, readSynthesis } from "./stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";

/**
 * The record of the last apply to a stack.
 *
 * @throws SternaError `RecordUnreadable`, `RecordsUnreachable`
 */
export async function lastRecord(project: Project, stack: string): Promise<ApplyRecord | undefined> {
  return withRecords(project, stack, ({ chain }) => chain.last());
}

/**
 * All records of the applies to a stack, oldest first.
 *
 * @throws RefusedError `RecordsBroken` when one was edited or is missing
 * @throws SternaError `RecordUnreadable`, `RecordsUnreachable`
 */
export async function allRecords(project: Project, stack: string): Promise<ChainedRecord[]> {
  return withRecords(project, stack, ({ chain }) => chain.read());
}

/**
 * Records what an apply did, and chains it to the previous record.
 *
 * @returns location of the record: a path relative to the project's folder, or an object in a bucket
 * @throws SternaError `FileUnwritable`, `RecordsUnreachable`
 */
export async function writeRecord(project: Project, record: NewApplyRecord): Promise<string> {
  return withRecords(project, record.stack, async ({ chain, store }) => {
    const key = await chain.append(record);
    return store instanceof FolderStore
      ? relative(project.directory, join(store.location, key))
      : `${store.location}/${key}`;
  });
}

/**
 * Applies to a stack that have begun and have no record: one in progress, or one whose process was killed.
 *
 * @throws SternaError `RecordUnreadable`, `RecordsUnreachable`
 */
export async function openIntents(project: Project, stack: string): Promise<ApplyIntent[]> {
  return withRecords(project, stack, ({ intents }) => intents.open());
}

/**
 * Records what an apply is about to do.
 *
 * @throws SternaError `FileUnwritable`, `RecordUnreadable`, `RecordsUnreachable`
 */
export async function beginIntent(project: Project, intent: NewApplyIntent): Promise<void> {
  await withRecords(project, intent.record.stack, ({ intents }) => intents.begin(intent));
}

/**
 * Closes the intent of `beginIntent`, once the record is written.
 *
 * @throws SternaError `FileUnwritable`, `RecordUnreadable`, `RecordsUnreachable`
 */
export async function endIntent(project: Project, { id, record }: NewApplyIntent): Promise<void> {
  await withRecords(project, record.stack, ({ intents }) => intents.end(id));
}

/** The user of the command: the person behind a pipeline if GitHub or GitLab reports one, otherwise the account. */
export function whoRuns(environment: NodeJS.ProcessEnv): string {
  return environment.GITHUB_ACTOR || environment.GITLAB_USER_LOGIN || environment.SUDO_USER || accountName(environment);
}

function accountName(environment: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    // Containers run with ids that belong to no account.
    return environment.USER || `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

interface StackRecords {
  readonly chain: RecordChain;
  readonly intents: ApplyIntents;
  readonly store: ObjectStore;
}

async function withRecords<T>(
  project: Project,
  stack: string,
  work: (records: StackRecords) => Promise<T>,
): Promise<T> {
  const { store, prefix } = openRecords(project);
  try {
    const cache = join(project.workspace, "cache", `records-${stack}.json`);
    const chain = new RecordChain(store, prefix, stack, cache);
    return await work({ chain, intents: new ApplyIntents(store, prefix, stack), store });
  } catch (error) {
    if (error instanceof SternaError) throw error;
    const reason = error instanceof Error ? error.message || error.name : String(error);
    if (store instanceof FolderStore) {
      throw new SternaError("FileUnwritable", `the records in ${store.location} cannot be read or written: ${reason}`, {
        cause: error,
      });
    }
    throw new SternaError(
      "RecordsUnreachable",
      `the records of applies in ${store.location} cannot be used: ${reason}. Check the bucket's name, and that these credentials may list it, read it and write to it.`,
      { cause: error },
    );
  } finally {
    store.close();
  }
}

function openRecords(project: Project): { readonly store: ObjectStore; readonly prefix: string } {
  const place = placeOf(project);
  switch (place?.kind) {
    case undefined:
      return { store: new FolderStore(join(project.workspace, "records")), prefix: "" };
    case "file":
      return { store: new FolderStore(resolve(project.directory, place.directory)), prefix: "" };
    case "s3":
      return { store: new ConditionalWrites(new S3Store(place)), prefix: place.prefix };
    case "gcs":
      return { store: new ConditionalWrites(openGcsStore(place.bucket)), prefix: place.prefix };
  }
}

function placeOf({ environmentsFile: file }: Project): RecordsPlace | undefined {
  return existsSync(file) ? readJsonFile(file, environmentsFile, "InvalidEnvironments").records : undefined;
}

/**
 * Records a manual edit of the ledger in a file next to the records of the applies: a removed row cannot store the
 * reason itself.
 *
 * @returns path of the file, relative to the project's folder
 * @throws SternaError `FileUnwritable`
 */
export function writeRepair(project: Project, stack: string, repair: Repair & RepairedRow & { step: string }): string {
  const directory = join(project.workspace, "records", stack);
  const file = join(directory, "repairs.jsonl");
  try {
    mkdirSync(directory, { recursive: true });
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...repair })}\n`);
  } catch (cause) {
    const message = `the ledger is edited, but ${file} cannot be written: ${(cause as Error).message}`;
    throw new SternaError("FileUnwritable", message, { cause });
  }
  return relative(project.directory, file);
}

/** A system in all its environments, with their records. */
export async function lanesOf(project: Project, { system }: SynthesizedSystem): Promise<PromotionReport["chain"]> {
  const chain = chainOf(readSynthesis(project), system);
  return Promise.all(
    chain.map(async ({ stack, environment, release, protected: isProtected }) => {
      const last = await lastRecord(project, stack);
      const applied = last?.result === "applied" ? { applied: last.release, appliedAt: last.finishedAt } : {};
      return { environment, release, ...applied, protected: isProtected };
    }),
  );
}
