import { existsSync, readdirSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "../../engine/checksum";
import { readIfThere } from "../../engine/files/read-if-there";
import { replaceFile } from "../../engine/files/replace-file";
import type { ObjectStore, ObjectVersion, StoredObject } from "../../engine/ledgers/object-store";

/**
 * A folder as an object store: keys are paths below it. Two processes never create one file; a replacement is not
 * atomic with the look at what it replaces.
 */
export class FolderStore implements ObjectStore {
  /** @param location path of the folder; it need not exist */
  constructor(readonly location: string) {}

  async read(key: string): Promise<StoredObject | undefined> {
    const path = join(this.location, key);
    const bytes = await readIfThere(path);
    if (bytes === undefined) return undefined;
    const body = bytes.toString("utf8");
    return { body, version: sha256(body), age: Math.max(0, Date.now() - (await stat(path)).mtimeMs) };
  }

  async writeIf(key: string, body: string, expected: ObjectVersion | undefined): Promise<ObjectVersion | undefined> {
    const path = join(this.location, key);
    await mkdir(dirname(path), { recursive: true });
    if (expected === undefined) {
      try {
        await writeFile(path, body, { flag: "wx" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
        throw error;
      }
    } else {
      if ((await this.read(key))?.version !== expected) return undefined;
      await replaceFile(path, body);
    }
    return sha256(body);
  }

  async keys(prefix: string): Promise<string[]> {
    const directory = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const path = join(this.location, directory);
    if (!existsSync(path)) return [];
    return readdirSync(path)
      .map((name) => directory + name)
      .filter((key) => key.startsWith(prefix));
  }

  close(): void {
    // Nothing is held open.
  }
}
