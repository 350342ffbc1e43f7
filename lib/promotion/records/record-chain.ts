import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { RefusedError, SternaError } from "../../core/errors";
import { describeIssues } from "../../core/read-json-file";
import { readIfThere } from "../../core/read-file";
import { replaceFile } from "../../core/replace-file";
import { mapConcurrently } from "../../engine/files/concurrently";
import type { ObjectStore, ObjectVersion, StoredObject } from "../../engine/objects/object-store";
import { sha256 } from "../../manifest/checksum";
import { applyRecord, type ApplyRecord, type NewApplyRecord } from "./apply-record";
import { CachedObjects } from "./cached-objects";

const ATTEMPTS = 5;
const READS_AT_ONCE = 16;
const NAME = /^(\d{6})\.json$/;

/** Says which record is the last, so that one that is cut off shows. Number 0 is written before the first one. */
const head = z.object({ number: z.number().int().nonnegative(), digest: z.string() });

/** A record in its chain. */
export interface ChainedRecord {
  readonly record: ApplyRecord;
  /** SHA-256 of its text. */
  readonly digest: string;
  /** Where it is, for people. */
  readonly place: string;
}

/**
 * The records of a stack, oldest first: `<prefix><stack>/000001.json` and so on. They are only ever appended. Each names
 * the digest of the one before, and `head.json` names the last: so a record that is edited or taken away is found.
 *
 * Who can write the whole folder can also write a new chain. Records of the next environment name the proof that they
 * had, and a bucket with versioning or object lock keeps what was there.
 */
export class RecordChain {
  private readonly directory: string;

  /**
   * @param prefix what all keys begin with: empty, or ending with a slash
   * @param cache where the records of a bucket are kept, so that the next read asks only for those that are new
   */
  constructor(
    private readonly store: ObjectStore,
    prefix: string,
    stack: string,
    private readonly cache?: string,
  ) {
    this.directory = `${prefix}${stack}/`;
  }

  /**
   * All records.
   *
   * @throws RefusedError `RecordsBroken` when one was edited or is missing
   * @throws SternaError `RecordUnreadable`
   */
  async read(): Promise<ChainedRecord[]> {
    if (this.cache === undefined || this.store.listVersions === undefined) return this.verified(this.store);
    try {
      return await this.verified(new CachedObjects(this.store, this.cache));
    } catch (error) {
      // A damaged cache looks like a broken chain.
      if (!(error instanceof SternaError)) throw error;
      return this.verified(this.store);
    }
  }

  private async verified(store: Pick<ObjectStore, "keys" | "read">): Promise<ChainedRecord[]> {
    const names = await this.names(store);
    for (const [index, name] of names.entries()) {
      if (name !== nameOf(index + 1)) throw this.broken(`${this.place(nameOf(index + 1))} is missing`);
    }
    const { signal } = new AbortController();
    const texts = await mapConcurrently(names, READS_AT_ONCE, signal, (name) => this.text(name, store));
    const records: ChainedRecord[] = [];
    for (const [index, text] of texts.entries()) {
      const place = this.place(names[index]!);
      const record = parseRecord(text, place);
      const before = records.at(-1);
      if (record.previous !== (before?.digest ?? null)) {
        throw this.broken(`${before?.place ?? place} is not what it was when ${place} was written`);
      }
      records.push({ record, digest: sha256(text), place });
    }
    await this.assertHead(records);
    if (store instanceof CachedObjects) await store.save();
    return records;
  }

  /**
   * The last record, if there is one. Nothing before it is looked at.
   *
   * @throws RefusedError `RecordsBroken` when it is missing
   * @throws SternaError `RecordUnreadable`
   */
  async last(): Promise<ApplyRecord | undefined> {
    const found = await this.head();
    const name = (await this.names()).at(-1);
    this.assertThere(found, name === undefined ? 0 : numberOf(name));
    return name === undefined ? undefined : parseRecord(await this.text(name), this.place(name));
  }

  /**
   * Appends a record.
   *
   * @returns its key
   * @throws SternaError `FileUnwritable` when others append all the time
   */
  async append(record: NewApplyRecord): Promise<string> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const last = (await this.names()).at(-1);
      const previous = last === undefined ? null : sha256(await this.text(last));
      const number = last === undefined ? 1 : numberOf(last) + 1;
      // From here on, a chain whose only record and head are taken away is not taken for one that never began.
      if (number === 1) await this.moveHead({ number: 0, digest: "" });
      const text = `${JSON.stringify({ version: 2, ...record, previous }, undefined, 2)}\n`;
      const key = this.directory + nameOf(number);
      if ((await this.store.writeIf(key, text, undefined)) === undefined) continue;
      await this.moveHead({ number, digest: sha256(text) });
      return key;
    }
    throw new SternaError(
      "FileUnwritable",
      `the record cannot be appended to ${this.place("")}: others write there too`,
    );
  }

  /** Appends that were killed, or met each other, leave the head behind; the chain is intact, and the next append fixes the head. */
  private async assertHead(records: readonly ChainedRecord[]): Promise<void> {
    const found = await this.head();
    this.assertThere(found, records.length);
    const last = found && records[found.number - 1];
    if (last !== undefined && last.digest !== found?.digest) {
      throw this.broken(`${last.place} is not what it was when it was written`);
    }
  }

  private assertThere(found: z.infer<typeof head> | undefined, count: number): void {
    if (found === undefined && count > 0) throw this.broken(`${this.place("head.json")} is missing`);
    if (found !== undefined && found.number > count)
      throw this.broken(`${this.place(nameOf(found.number))} is missing`);
  }

  private async head(): Promise<z.infer<typeof head> | undefined> {
    const found = await this.store.read(this.headKey);
    return found && parse(head, found.body, this.place("head.json"));
  }

  private async moveHead(to: z.infer<typeof head>): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = await this.store.read(this.headKey);
      if (found !== undefined && parse(head, found.body, this.place("head.json")).number >= to.number) return;
      const text = `${JSON.stringify(to)}\n`;
      if ((await this.store.writeIf(this.headKey, text, found?.version)) !== undefined) return;
    }
  }

  private get headKey(): string {
    return `${this.directory}head.json`;
  }

  private async names(store: Pick<ObjectStore, "keys"> = this.store): Promise<string[]> {
    const keys = await store.keys(this.directory);
    return keys
      .map((key) => key.slice(this.directory.length))
      .filter((name) => NAME.test(name))
      .sort();
  }

  private async text(name: string, store: Pick<ObjectStore, "read"> = this.store): Promise<string> {
    const found = await store.read(this.directory + name);
    if (found === undefined) throw this.broken(`${this.place(name)} is missing`);
    return found.body;
  }

  private place(name: string): string {
    return `${this.store.location}/${this.directory}${name}`;
  }

  private broken(what: string): RefusedError {
    return new RefusedError(
      "RecordsBroken",
      `the records of applies were changed: ${what}. They are only ever appended; restore what was there (from git, or from the versions of the bucket). What they prove is not known until then.`,
    );
  }
}

function nameOf(number: number): string {
  return `${String(number).padStart(6, "0")}.json`;
}

function numberOf(name: string): number {
  return Number(NAME.exec(name)![1]);
}

function parseRecord(text: string, place: string): ApplyRecord {
  return parse(applyRecord, text, place);
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string, place: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SternaError("RecordUnreadable", `${place} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new SternaError(
    "RecordUnreadable",
    `${place} does not match the schema of a record:\n${describeIssues(result.error)}`,
  );
}

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
    return { body, version: sha256(body) };
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
