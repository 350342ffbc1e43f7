import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, dirname } from "node:path";
import { syncDirectory, syncFile } from "../../core/replace-file";
import { type BackupManifest, MANIFEST_FILE, parseManifest } from "../plan/backup-manifest";
import type { LoadedPlan } from "../plan/backup-plan";
import type { BackupStore, StoredBackups, UnreadableBackup } from "./backup-store";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { sha256 } from "../../manifest/checksum";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { assertUploadable, compareObjects, uploadFile } from "../../engine/objects/upload";
import { Bucket } from "../../engine/objects/bucket";

/**
 * Runs work with the stores of a plan: the directory, then the bucket.
 *
 * @throws EngineError `TargetMissing` if the bucket does not exist
 */
export async function withStores<T>(
  plan: LoadedPlan,
  signal: AbortSignal,
  work: (stores: readonly BackupStore[]) => Promise<T>,
): Promise<T> {
  const { system, environment, destination } = plan;
  const stores: BackupStore[] = [];
  try {
    if (destination.directory !== undefined) {
      stores.push(new DirectoryStore(join(destination.directory, system, environment)));
    }
    if (destination.bucket !== undefined) {
      const { name, region, prefix } = destination.bucket;
      stores.push(await BucketStore.open(name, region, `${prefix}${system}/${environment}/`, signal));
    }
    return await work(stores);
  } finally {
    for (const store of stores) store.close();
  }
}

const BACKUP_FOLDER = /^\d{8}T\d{9}Z$/;

/** Backups in a directory, each in its own folder that only its owner can read. */
class DirectoryStore implements BackupStore {
  readonly location: string;

  /** @param directory absolute path, on the file system of the workspace; created with the first backup */
  constructor(private readonly directory: string) {
    this.location = directory;
  }

  async list(): Promise<StoredBackups> {
    const names = (await readdir(this.directory).catch(absent)).filter((name) => BACKUP_FOLDER.test(name));
    const backups: BackupManifest[] = [];
    const unreadable: UnreadableBackup[] = [];
    for (const id of names.sort().reverse()) {
      const file = join(this.directory, id, MANIFEST_FILE);
      try {
        backups.push(parseManifest(await readFile(file, "utf8"), file));
      } catch (error) {
        unreadable.push({ id, reason: (error as Error).message });
      }
    }
    return { backups, unreadable };
  }

  async publish(folder: string, manifest: BackupManifest): Promise<void> {
    const files = manifest.parts.flatMap((part) => part.files.map(({ path }) => path));
    for (const path of [...files, MANIFEST_FILE]) await syncFile(join(folder, path));
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await rename(folder, join(this.directory, manifest.id));
    await syncDirectory(this.directory);
  }

  async open<T>({ id }: BackupManifest, _scratch: string, work: (folder: string) => Promise<T>): Promise<T> {
    return work(join(this.directory, id));
  }

  async remove(id: string): Promise<void> {
    const folder = join(this.directory, id);
    await rm(join(folder, MANIFEST_FILE), { force: true });
    await rm(folder, { recursive: true, force: true });
  }

  close(): void {}
}

function absent(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

/** Backups in an S3 bucket: `<prefix><system>/<environment>/<id>/…`. */
class BucketStore implements BackupStore {
  readonly location: string;

  private constructor(
    private readonly bucket: Bucket,
    private readonly prefix: string,
    private readonly signal: AbortSignal,
  ) {
    this.location = `s3://${bucket.name}/${prefix}`;
  }

  /** @param prefix of all backups of the system in the environment, with a trailing `/` */
  static async open(
    name: string,
    region: string | undefined,
    prefix: string,
    signal: AbortSignal,
  ): Promise<BucketStore> {
    return new BucketStore(await Bucket.open(name, region), prefix, signal);
  }

  async list(): Promise<StoredBackups> {
    const keys = [...(await this.bucket.list(this.prefix, this.signal)).keys()];
    const ids = keys
      .map((key) => key.slice(this.prefix.length).split("/"))
      .filter(([, name]) => name === MANIFEST_FILE);
    const backups: BackupManifest[] = [];
    const unreadable: UnreadableBackup[] = [];
    for (const id of ids
      .map(([id]) => id!)
      .sort()
      .reverse()) {
      const key = this.key(id, MANIFEST_FILE);
      try {
        backups.push(
          parseManifest((await this.bucket.text(key, this.signal)) ?? "", `s3://${this.bucket.name}/${key}`),
        );
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        unreadable.push({ id, reason: error.message });
      }
    }
    return { backups, unreadable };
  }

  async publish(folder: string, manifest: BackupManifest): Promise<void> {
    const { bucket, signal } = this;
    const files = manifest.parts.flatMap((part) => part.files);
    const prefix = this.key(manifest.id, "");
    await assertUploadable(
      folder,
      files.map(({ path }) => path),
      prefix,
      signal,
    );
    for (const file of files) await uploadFile(bucket, prefix + file.path, join(folder, file.path), file, signal);
    const checks = await compareObjects(bucket, prefix, files, signal);
    const different = checks.filter(({ expected, actual }) => expected !== actual);
    if (different.length > 0) {
      const what = different.map(({ query, expected, actual }) => `${query}: ${actual} instead of ${expected}`);
      throw new EngineError("BackupFailed", `the bucket does not hold what was uploaded: ${someOf(what, 4, "; ")}`);
    }
    const body = Buffer.from(JSON.stringify(manifest, null, 2));
    await bucket.put(prefix + MANIFEST_FILE, body, body.length, sha256(body), signal);
  }

  async open<T>(manifest: BackupManifest, scratch: string, work: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(scratch, manifest.id);
    try {
      for (const { path } of manifest.parts.flatMap((part) => part.files)) {
        await this.download(this.key(manifest.id, path), join(folder, path));
      }
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async remove(id: string): Promise<void> {
    await this.bucket.remove(this.key(id, MANIFEST_FILE), this.signal);
    const keys = [...(await this.bucket.list(this.key(id, ""), this.signal)).keys()];
    for (const key of keys) await this.bucket.remove(key, this.signal);
  }

  close(): void {
    this.bucket.close();
  }

  private key(id: string, path: string): string {
    return `${this.prefix}${id}/${path}`;
  }

  private async download(key: string, file: string): Promise<void> {
    const { bucket, signal } = this;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const answer = await bucket.open(key, signal);
    if (answer === undefined) throw new EngineError("BackupCorrupt", `s3://${bucket.name}/${key} is missing`);
    await pipeline(answer.Body, createWriteStream(file, { flags: "wx", mode: 0o600 }), { signal });
  }
}
