import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transferKind } from "../../../lib/steps/transfer/kind";
import { transferProgram } from "../../../lib/steps/transfer/program";
import { Bucket } from "../../../lib/engine/objects/bucket";
import { uploadFile } from "../../../lib/engine/objects/upload";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";
import { stepContext } from "../../support/step-context";
import { startStrictS3, type StrictS3 } from "../../support/strict-s3";

/** More than is held in memory, so that it is streamed. */
const LARGE = 9 * 1024 ** 2;
const never = new AbortController().signal;
const hash = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

describe("objects, against a model that is as strict as S3", () => {
  let s3: StrictS3;
  let directory: string;

  beforeEach(async () => {
    s3 = await startStrictS3();
    Object.assign(process.env, s3.environment);
    directory = mkdtempSync(join(tmpdir(), "sterna-objects-"));
  });
  afterEach(async () => {
    for (const name of Object.keys(s3.environment)) delete process.env[name];
    await s3.stop();
    rmSync(directory, { recursive: true });
  });

  const program = () =>
    transferProgram.parse({
      kind: "transfer",
      transfer: "copy",
      phase: "bulk",
      from: { store: "directory", path: directory },
      to: { store: "s3", bucket: "bucket", prefix: "data/" },
    });

  test("a step copies, verifies and removes files with any name that UTF-8 has, line ends included, over several pages of a listing", async () => {
    writeFiles(directory, NASTY_FILES);
    const artifact = await transferKind.up(program(), stepContext("copy"));
    const keys = [...s3.objects.keys()].filter((key) => key.startsWith("data/"));
    expect(keys.sort()).toEqual(Object.keys(NASTY_FILES).map((name) => `data/${name}`).sort()); // prettier-ignore
    const results = await transferKind.verify(program(), stepContext("copy"), artifact);
    expect(results.filter(({ expected, actual }) => expected !== actual)).toEqual([]);
    await transferKind.down(program(), stepContext("copy"), artifact);
    expect([...s3.objects.keys()]).toEqual([]);
  });

  test("the manifest is in the bucket before the first object", async () => {
    writeFiles(directory, { a: "1" });
    await transferKind.up(program(), stepContext("copy"));
    const puts = s3.requests.filter((request) => request.startsWith("PUT"));
    expect(puts[0]).toMatch(/^PUT \.sterna\/transfers\/copy\//);
    expect(puts.indexOf("PUT data/a")).toBeGreaterThan(0);
  });

  test.each([true, false])(
    "a flipped byte is found, whether the store tells checksums or not: %s",
    async (checksums) => {
      // GIVEN
      s3.checksums = checksums;
      writeFiles(directory, { a: "content", b: "content" });
      const artifact = await transferKind.up(program(), stepContext("copy"));
      // WHEN
      s3.objects.set("data/b", Buffer.from("cOntent"));
      s3.requests.length = 0;
      // THEN
      const results = await transferKind.verify(program(), stepContext("copy"), artifact);
      expect(results.at(-1)?.actual).toBe("b");
      expect(s3.requests.includes("GET data/b")).toBe(!checksums);
    },
  );

  describe("one large file", () => {
    const content = randomBytes(LARGE);
    let file: string;
    let bucket: Bucket;
    const upload = () => uploadFile(bucket, "key", file, { path: "large", size: LARGE, sha256: hash(content) }, never);

    beforeEach(async () => {
      file = join(directory, "large");
      writeFileSync(file, content);
      bucket = await Bucket.open("bucket", undefined);
    });
    afterEach(() => bucket.close());

    test("arrives, also when the store was busy at first", async () => {
      s3.failPuts = 2;
      await upload();
      expect(hash(s3.objects.get("key")!)).toBe(hash(content));
      expect(s3.requests).toHaveLength(3);
    });

    test.each<[string, RegExp, () => void]>([
      ["changed", /its sha256 is another one/, () => writeFileSync(file, randomBytes(LARGE))],
      ["shrank", /it shrank/, () => truncateSync(file, LARGE - 1)],
      ["grew", /it grew/, () => writeFileSync(file, "more", { flag: "a" })],
      ["disappeared", /it disappeared/, () => rmSync(file)],
    ])("that %s since it was digested is refused, and the store keeps nothing of it", async (_how, message, change) => {
      change();
      await expect(upload()).rejects.toMatchObject({ code: "SourceChanged", message: expect.stringMatching(message) });
      expect(s3.objects.size).toBe(0);
    });

    test("gives up when the store stays busy", async () => {
      s3.failPuts = 100;
      await expect(upload()).rejects.toMatchObject({ name: "SlowDown" });
    });
  });
});
