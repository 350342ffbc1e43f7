import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transferKind } from "../../../lib/steps/transfer/kind";
import { transferProgram } from "../../../lib/steps/transfer/program";
import { startGcsContractModel, type GcsContractModel } from "../../support/gcs-contract-model";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";
import { stepContext } from "../../support/step-context";
import { startStrictS3, type StrictS3 } from "../../support/strict-s3";

/** Two chunks and a bit: more than is sent in one request. */
const LARGE = 17 * 1024 ** 2;

describe("a transfer to and from a contract model of Cloud Storage, and a strict model of S3", () => {
  let gcs: GcsContractModel;
  let s3: StrictS3;
  let directory: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    [gcs, s3] = await Promise.all([startGcsContractModel(), startStrictS3()]);
    environment = { ...s3.environment, STORAGE_EMULATOR_HOST: gcs.endpoint };
    Object.assign(process.env, environment);
    directory = mkdtempSync(join(tmpdir(), "sterna-clouds-"));
  });
  afterEach(async () => {
    for (const name of Object.keys(environment)) delete process.env[name];
    await Promise.all([gcs.stop(), s3.stop()]);
    rmSync(directory, { recursive: true });
  });

  const files = () => ({ store: "directory", path: directory });
  const inGcs = (prefix = "data/") => ({ store: "gcs", bucket: gcs.bucket, prefix });
  const inS3 = (prefix = "data/") => ({ store: "s3", bucket: "bucket", prefix });
  const program = (from: object, to: object, more: object = {}) =>
    transferProgram.parse({
      kind: "transfer",
      transfer: "files",
      phase: "delta",
      from,
      to,
      tags: "leave",
      versions: "leave",
      ...more,
    });
  const context = () => stepContext("files");
  async function run(from: object, to: object, more: object = {}) {
    const artifact = await transferKind.up(program(from, to, more), context());
    const results = await transferKind.verify(program(from, to, more), context(), artifact);
    expect(results.filter(({ expected, actual }) => expected !== actual)).toEqual([]);
    return artifact;
  }
  const texts = (objects: Iterable<[string, Buffer]>, prefix = "data/") =>
    Object.fromEntries(
      [...objects]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, content]) => [name.slice(prefix.length), content.toString()]),
    );
  const inModel = () => texts([...gcs.objects].map(([name, { content }]) => [name, content]));

  test("from a directory to Cloud Storage, to S3, and back to Cloud Storage, with any name that UTF-8 has", async () => {
    // GIVEN
    writeFiles(directory, NASTY_FILES);
    // WHEN
    await run(files(), inGcs());
    await run(inGcs(), inS3());
    await run(inS3(), inGcs("again/"), { transfer: "again" });
    // THEN
    expect(inModel()).toEqual(NASTY_FILES);
    expect(texts(s3.objects)).toEqual(NASTY_FILES);
    expect([...gcs.objects.keys()].filter((name) => name.startsWith("again/"))).toHaveLength(
      Object.keys(NASTY_FILES).length,
    );
    // WHEN nothing changed, nothing is copied
    expect(await run(files(), inGcs())).toMatchObject({ copied: 0 });
    // WHEN
    await transferKind.down(program(files(), inGcs(), { phase: "bulk" }), context(), undefined);
    // THEN
    expect(inModel()).toEqual({});
  });

  test("a large object goes in chunks, also when the service is busy at first", async () => {
    const content = randomBytes(LARGE);
    writeFiles(directory, { large: content });
    gcs.faults.add({ op: "upload", status: 503, times: 1 });
    await run(files(), inGcs());
    expect(gcs.objects.get("data/large")?.content.equals(content)).toBe(true);
    // WHEN it comes back
    const back = mkdtempSync(join(directory, "back-"));
    await run(inGcs(), { store: "directory", path: back });
    expect(readFileSync(join(back, "large")).equals(content)).toBe(true);
  });

  test("a flipped byte in Cloud Storage is found by its checksum, by name", async () => {
    writeFiles(directory, { a: "content", b: "content" });
    await run(files(), inGcs());
    const kept = gcs.objects.get("data/b")!;
    gcs.objects.set("data/b", { ...kept, content: Buffer.from("cOntent") });
    const results = await transferKind.verify(program(files(), inGcs()), context(), undefined);
    expect(results.at(-1)?.actual).toBe("b");
  });

  test("a bucket that is not there is named", async () => {
    writeFiles(directory, { a: "1" });
    const nowhere = { store: "gcs", bucket: "nowhere", prefix: "" };
    await expect(transferKind.up(program(files(), nowhere), context())).rejects.toMatchObject({
      code: "TargetMissing",
      message: expect.stringMatching(/"nowhere"/),
    });
    await transferKind.down(program(files(), nowhere, { phase: "bulk" }), context(), undefined);
  });

  test("a request that Cloud Storage refuses is said with its reason, and not repeated", async () => {
    writeFiles(directory, { a: "1" });
    gcs.faults.add({ op: "insert", status: 403, message: "no storage.objects.create access" });
    await expect(transferKind.up(program(files(), inGcs()), context())).rejects.toMatchObject({
      code: "StoreRefused",
      message: expect.stringMatching(/HTTP 403: no storage\.objects\.create access/),
    });
  });
});
