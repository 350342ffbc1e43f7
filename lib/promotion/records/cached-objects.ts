import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../core/replace-file";
import type { ObjectStore, ObjectVersion, StoredObject } from "../../engine/objects/object-store";

const cacheFile = z.record(z.string(), z.object({ body: z.string(), version: z.string() }));

/**
 * Reads from a bucket only the objects that changed since the last time; the others come from a file. The versions that
 * the bucket lists decide, so an object that was edited there is read again.
 *
 * The last object always comes from the bucket. It holds the digest of the one before, and so on: whoever edits the file
 * is found like one who edits a record.
 */
export class CachedObjects implements Pick<ObjectStore, "keys" | "read"> {
  private readonly cached: Readonly<Record<string, StoredObject>>;
  private readonly current: Record<string, StoredObject> = {};
  private versions: ReadonlyMap<string, ObjectVersion> = new Map();
  private last: string | undefined;
  private isNew = false;

  /** @param file where objects are kept; it need not exist */
  constructor(
    private readonly store: ObjectStore,
    private readonly file: string,
  ) {
    this.cached = readCache(file);
  }

  async keys(prefix: string): Promise<string[]> {
    this.versions = (await this.store.listVersions?.(prefix)) ?? new Map();
    const keys = [...this.versions.keys()].sort();
    // Only records have a number; `head.json` and `intents.json` are not in the chain.
    this.last = keys.findLast((key) => /\d\.json$/.test(key));
    return keys;
  }

  async read(key: string): Promise<StoredObject | undefined> {
    const cached = this.cached[key];
    const isSame = cached !== undefined && cached.version === this.versions.get(key);
    const found = isSame && key !== this.last ? cached : await this.store.read(key);
    this.isNew ||= !isSame;
    if (found !== undefined) this.current[key] = found;
    return found;
  }

  /** Keeps what was read, in a folder that is created if need be. */
  async save(): Promise<void> {
    if (!this.isNew) return;
    try {
      await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
      await replaceFile(this.file, JSON.stringify(this.current));
    } catch {
      // Nothing but time is lost.
    }
  }
}

function readCache(file: string): Readonly<Record<string, StoredObject>> {
  try {
    return cacheFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}
