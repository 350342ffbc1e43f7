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
});
