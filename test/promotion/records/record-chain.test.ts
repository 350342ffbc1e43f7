import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NewApplyRecord } from "../../../lib/promotion/records/apply-record";
import { FolderStore, RecordChain } from "../../../lib/promotion/records/record-chain";
import { scratchDirectory } from "../../support/repository";

const record = (release: string): NewApplyRecord => ({
  ...{ stack: "shop-staging", system: "shop", environment: "staging", release, result: "applied" },
  ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z", by: "ana", plan: "0" },
  ...{ resources: { add: 0, change: 0, destroy: 0 }, steps: [], ledgers: [], errors: [], sterna: "1", terraform: "1" },
});

describe("the records of a stack", () => {
  let directory: string;
  let chain: RecordChain;
  const file = (name: string) => join(directory, "shop-staging", name);
  beforeEach(async () => {
    directory = scratchDirectory("records");
    chain = new RecordChain(new FolderStore(directory), "", "shop-staging");
    for (const release of ["0.1.0", "0.2.0", "0.3.0"]) await chain.append(record(release));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("are read in their order, and the last one alone", async () => {
    expect((await chain.read()).map(({ record }) => record.release)).toEqual(["0.1.0", "0.2.0", "0.3.0"]);
    expect((await chain.last())?.release).toBe("0.3.0");
    expect(await new RecordChain(new FolderStore(directory), "", "shop-production").read()).toEqual([]);
  });

  it.each(["000001.json", "000002.json", "000003.json"])("are broken when %s is edited", async (name) => {
    writeFileSync(file(name), readFileSync(file(name), "utf8").replace('"ana"', '"eve"'));

    await expect(chain.read()).rejects.toMatchObject({ code: "RecordsBroken", message: expect.stringContaining(name) });
  });

  it.each(["000001.json", "000002.json", "000003.json", "head.json"])("are broken when %s is missing", async (name) => {
    rmSync(file(name));

    await expect(chain.read()).rejects.toMatchObject({ code: "RecordsBroken", message: expect.stringContaining(name) });
  });

  it("are broken when the newest of two, and the head that would tell of it, are taken away", async () => {
    // GIVEN one record and a head
    const store = new FolderStore(directory);
    const short = new RecordChain(store, "", "shop-production");
    await short.append(record("0.1.0"));
    await short.append(record("0.2.0"));

    // WHEN
    rmSync(join(directory, "shop-production", "000002.json"));
    rmSync(join(directory, "shop-production", "head.json"));

    // THEN
    await expect(short.read()).rejects.toMatchObject({ code: "RecordsBroken" });
    await expect(short.last()).rejects.toMatchObject({ code: "RecordsBroken" });
  });

  it("do not take an older record for the last one when the newest is missing", async () => {
    rmSync(file("000003.json"));

    await expect(chain.last()).rejects.toMatchObject({
      code: "RecordsBroken",
      message: expect.stringContaining("000003.json is missing"),
    });
  });

  it("are a chain that never began after a first append that was killed before it wrote the record", async () => {
    // GIVEN
    const young = new RecordChain(new FolderStore(directory), "", "shop-production");
    await young.append(record("0.1.0"));
    rmSync(join(directory, "shop-production", "000001.json"));
    writeFileSync(join(directory, "shop-production", "head.json"), '{"number":0,"digest":""}');

    // THEN
    expect(await young.read()).toEqual([]);

    // WHEN
    await young.append(record("0.2.0"));

    // THEN
    expect(await young.read()).toHaveLength(1);
  });

  it("are whole after an append that was killed before it named itself the last", async () => {
    // GIVEN
    const head = readFileSync(file("head.json"));
    await chain.append(record("0.4.0"));
    writeFileSync(file("head.json"), head);

    // THEN
    expect(await chain.read()).toHaveLength(4);

    // WHEN
    await chain.append(record("0.5.0"));

    // THEN
    expect(await chain.read()).toHaveLength(5);
  });

  it("are one chain when several append at once", async () => {
    await Promise.all(["1.0.0", "1.1.0", "1.2.0"].map((release) => chain.append(record(release))));

    expect(await chain.read()).toHaveLength(6);
  });

  it("say which one is no record", async () => {
    writeFileSync(file("000003.json"), "{}");

    await expect(chain.last()).rejects.toMatchObject({ code: "RecordUnreadable" });
  });

  describe("in a bucket", () => {
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `shop-staging/00000${index + 1}.json`);
    let bucket: CountedStore;
    const chainOf = () => new RecordChain(bucket, "", "shop-staging", join(directory, "cache", "records.json"));
    beforeEach(() => {
      bucket = new CountedStore(directory);
    });

    it("are read once: after that, only those that are new", async () => {
      await chainOf().read();
      expect(bucket.reads()).toEqual(keys(3));

      await chain.append(record("0.4.0"));
      expect((await chainOf().read()).map(({ record }) => record.release)).toEqual([
        "0.1.0",
        "0.2.0",
        "0.3.0",
        "0.4.0",
      ]);
      expect(bucket.reads()).toEqual(keys(4).slice(3));

      // The last one always comes from the bucket: its digests tell whether the others are right.
      await chainOf().read();
      expect(bucket.reads()).toEqual(keys(4).slice(3));
    });

    it("are broken when one is edited that was read before", async () => {
      await chainOf().read();
      writeFileSync(file("000002.json"), readFileSync(file("000002.json"), "utf8").replace('"ana"', '"eve"'));

      await expect(chainOf().read()).rejects.toMatchObject({ code: "RecordsBroken" });
    });

    it.each([
      ["is edited", (text: string) => text.replaceAll("ana", "eve")],
      ["is cut off", (text: string) => text.slice(0, -20)],
      ["is something else", () => "[]"],
    ])("come from the bucket when the cache %s", async (_what, edit) => {
      await chainOf().read();
      const cache = join(directory, "cache", "records.json");
      writeFileSync(cache, edit(readFileSync(cache, "utf8")));

      expect((await chainOf().read()).map(({ record }) => record.by)).toEqual(["ana", "ana", "ana"]);
    });

    it("come from the bucket when the last one was edited in the cache, and the head is behind", async () => {
      // GIVEN an append that was killed before it moved the head
      const head = readFileSync(file("head.json"));
      await chain.append(record("0.4.0"));
      writeFileSync(file("head.json"), head);
      await chainOf().read();

      // WHEN
      const cache = join(directory, "cache", "records.json");
      writeFileSync(
        cache,
        readFileSync(cache, "utf8").replace('\\"release\\": \\"0.4.0\\"', '\\"release\\": \\"9.9.9\\"'),
      );

      // THEN
      expect(readFileSync(cache, "utf8")).toContain("9.9.9");
      expect((await chainOf().read()).at(-1)!.record.release).toBe("0.4.0");
    });

    it("are read without a cache when none can be written", async () => {
      const chain = new RecordChain(bucket, "", "shop-staging", join(file("000001.json"), "cache.json"));

      expect(await chain.read()).toHaveLength(3);
    });

    it("are read several at a time", async () => {
      await chainOf().read();

      expect(bucket.mostAtOnce).toBeGreaterThan(1);
    });
  });
});

/** A folder that lists versions as a bucket does, and tells which records were read. */
class CountedStore extends FolderStore {
  mostAtOnce = 0;
  private readonly asked: string[] = [];
  private running = 0;

  override async read(key: string) {
    if (!key.endsWith("head.json")) this.asked.push(key);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running);
    try {
      return await super.read(key);
    } finally {
      this.running--;
    }
  }

  async listVersions(prefix: string) {
    const keys = await super.keys(prefix);
    return new Map(await Promise.all(keys.map(async (key) => [key, (await super.read(key))!.version] as const)));
  }

  /** Since it was last asked. */
  reads(): string[] {
    return this.asked.splice(0).sort();
  }
}
