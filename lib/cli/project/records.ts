import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join, relative, resolve } from "node:path";
import { readJsonFile } from "../../core/read-json-file";
import { SternaError } from "../../core/sterna-error";
import { ConditionalWrites } from "../../engine/ledgers/conditional-writes";
import { openGcsStore } from "../../engine/ledgers/google-access";
import type { ObjectStore } from "../../engine/ledgers/object-store";
import { S3Store } from "../../engine/ledgers/s3-store";
import { environmentsFile, type RecordsPlace } from "../../environments/environments-file";
import type { ApplyRecord, NewApplyRecord } from "../../promotion/apply-record";
import { FolderStore } from "../../promotion/records/folder-store";
import { RecordChain, type ChainedRecord } from "../../promotion/records/record-chain";
import type { Project } from "./project";

/**
 * The record of the last apply to a stack.
 *
 * @throws SternaError `RecordUnreadable`, `RecordsUnreachable`
 */
export async function lastRecord(project: Project, stack: string): Promise<ApplyRecord | undefined> {
  return withChain(project, stack, (chain) => chain.last());
}

/**
 * All records of the applies to a stack, oldest first.
 *
 * @throws RefusedError `RecordsBroken` when one was edited or is missing
 * @throws SternaError `RecordUnreadable`, `RecordsUnreachable`
 */
export async function allRecords(project: Project, stack: string): Promise<ChainedRecord[]> {
  return withChain(project, stack, (chain) => chain.read());
}

/**
 * Writes down what an apply did, and chains it to the record before.
 *
 * @returns where the record is: a path from the project's folder, or an object of a bucket
 * @throws SternaError `FileUnwritable`, `RecordsUnreachable`
 */
export async function writeRecord(project: Project, record: NewApplyRecord): Promise<string> {
  return withChain(project, record.stack, async (chain, store) => {
    const key = await chain.append(record);
    return store instanceof FolderStore
      ? relative(project.directory, join(store.location, key))
      : `${store.location}/${key}`;
  });
}

/** Who runs the command: the person behind a pipeline where GitHub or GitLab names one, else the account. */
export function whoRuns(environment: NodeJS.ProcessEnv): string {
  return environment.GITHUB_ACTOR || environment.GITLAB_USER_LOGIN || environment.SUDO_USER || accountName(environment);
}

function accountName(environment: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    // Containers run under ids that no account has.
    return environment.USER || `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

async function withChain<T>(
  project: Project,
  stack: string,
  work: (chain: RecordChain, store: ObjectStore) => Promise<T>,
): Promise<T> {
  const { store, prefix } = openRecords(project);
  try {
    return await work(new RecordChain(store, prefix, stack), store);
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
