import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  CreateBucketCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { filesKind } from "../../../lib/steps/files/kind";
import type { CheckResult } from "../../../lib/engine/step-kind";
import { filesProgram } from "../../../lib/manifest/program";
import { startAwsStandIn, type AwsStandIn } from "../../support/aws-stand-in/index";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";
import { requires } from "../../support/requirements";
import { stepContext } from "../../support/step-context";

const BUCKET = "app-ef-files";
// moto answers 500 to keys with a line end, which S3 allows: see test/engine/objects.
const { "two\nlines.txt": _lineEnd, ...FILES } = NASTY_FILES;

const MANIFEST = ".sterna/copy/manifest.jsonl";

requires("moto_server")("files into a bucket", () => {
  let aws: AwsStandIn;
  let s3: S3Client;
  let directory: string;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    Object.assign(process.env, aws.environment);
    s3 = new S3Client({ forcePathStyle: true });
  });
  afterAll(async () => {
    s3?.destroy();
    for (const name of Object.keys(aws?.environment ?? {})) delete process.env[name];
    await aws?.stop();
  });
  beforeEach(async () => {
    await aws.reset();
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    directory = mkdtempSync(join(tmpdir(), "sterna-files-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const program = (more: object = {}) =>
    filesProgram.parse({ kind: "files", directory, bucket: { variable: "bucket" }, prefix: "data/", ...more });
  const context = (signal?: AbortSignal) =>
    stepContext("copy", { variables: { bucket: BUCKET }, ...(signal && { signal }) });

  /** Text by key, of all objects but the manifest. */
  async function objects(): Promise<Record<string, string>> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: "url" }));
    const keys = Contents.map(({ Key }) => decodeURIComponent(Key!.replaceAll("+", " ")));
    const bodies = keys.filter((key) => key !== MANIFEST).map(async (key) => [key, await read(key)] as const);
    return Object.fromEntries(await Promise.all(bodies));
  }
  async function read(key: string): Promise<string> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return Body!.transformToString();
  }
  async function put(key: string, body: string): Promise<void> {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  }
  function putCalls(): number {
    return aws.calls().filter(({ op }) => op === "PutObject").length;
  }

  /** Stops a copy of 120 files after about 30 of them. What was under way may still arrive. */
  async function stoppedCopy(reason: Error): Promise<void> {
    const stop = new AbortController();
    const watch = setInterval(() => putCalls() >= 30 && stop.abort(reason), 1);
    try {
      await expect(filesKind.up(program(), context(stop.signal))).rejects.toBe(reason);
    } finally {
      clearInterval(watch);
    }
    for (let before = -1; before !== putCalls(); await sleep(250)) before = putCalls();
  }

  test("arrive under their names with their contents, and go away again", async () => {
    // GIVEN files with nasty names, and an object of somebody else under the same prefix
    writeFiles(directory, FILES);
    mkdirSync(join(directory, "empty directory"));
    await put("data/of somebody else", "stays");
    // WHEN
    const said = context();
    const artifact = await filesKind.up(program(), said);
    // THEN
    const expected = Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`data/${name}`, text]));
    expect(await objects()).toEqual({ ...expected, "data/of somebody else": "stays" });
    const files = Object.keys(FILES).length;
    expect(artifact).toMatchObject({ files, emptyDirectories: 1, manifest: MANIFEST });
    expect(said.messages.at(-1)).toMatch(new RegExp(`^${files}/${files} files, \\d+ B copied$`));
    expect(failed(await filesKind.verify(program(), context(), artifact))).toEqual([]);
    // WHEN it is undone, twice
    await filesKind.down(program(), context(), artifact);
    await filesKind.down(program(), context(), artifact);
    // THEN nothing of it is left, its manifest neither
    expect(await objects()).toEqual({ "data/of somebody else": "stays" });
    await expect(read(MANIFEST)).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("a file that does not fit into memory", async () => {
    const content = randomBytes(20 * 1024 ** 2);
    writeFiles(directory, { "model.bin": content, "model.json": "{}" });
    const artifact = await filesKind.up(program(), context());
    expect(artifact).toMatchObject({ files: 2, bytes: content.length + 2 });
    expect(failed(await filesKind.verify(program(), context(), artifact))).toEqual([]);
  });

  test("a copy that was stopped goes on with what is missing", async () => {
    // GIVEN a copy that is stopped after some of its files
    const names = Array.from({ length: 120 }, (_, n) => `file-${n}`);
    writeFiles(directory, Object.fromEntries(names.map((name) => [name, name])));
    await stoppedCopy(new Error("the machine is going down"));
    const before = Object.keys(await objects()).length;
    expect(before).toBeGreaterThanOrEqual(20);
    expect(before).toBeLessThan(120);
    // WHEN it is tried again
    const puts = putCalls();
    const artifact = await filesKind.up(program(), context());
    // THEN it copies the missing ones only, after the manifest
    expect(putCalls() - puts).toBe(1 + 120 - before);
    expect(failed(await filesKind.verify(program(), context(), artifact))).toEqual([]);
    // AND all of them, those of the first attempt too, can be undone
    await filesKind.down(program(), context(), artifact);
    expect(await objects()).toEqual({});
  });

  test("a copy that was stopped can be undone without an artifact, and leaves what was there before", async () => {
    // GIVEN an object that is there already with the same content, and a copy that was stopped
    const names = Array.from({ length: 120 }, (_, n) => `file-${n}`);
    writeFiles(directory, Object.fromEntries(names.map((name) => [name, name])));
    await put("data/file-7", "file-7");
    await stoppedCopy(new Error("a timeout"));
    // WHEN
    await filesKind.down(program(), context(), undefined);
    // THEN
    expect(await objects()).toEqual({ "data/file-7": "file-7" });
  });

  test("files that were edited or deleted between two attempts leave no old copies", async () => {
    // GIVEN a finished copy whose ledger row was lost, so that it is run again
    writeFiles(directory, { edited: "old", deleted: "old", same: "same" });
    await filesKind.up(program(), context());
    writeFiles(directory, { edited: "new!" });
    rmSync(join(directory, "deleted"));
    // WHEN
    const artifact = await filesKind.up(program(), context());
    // THEN
    expect(await objects()).toEqual({ "data/edited": "new!", "data/same": "same" });
    await filesKind.down(program(), context(), artifact);
    expect(await objects()).toEqual({});
  });

  test("an object with other content is not overwritten, and nothing is copied", async () => {
    writeFiles(directory, { a: "mine", b: "mine", c: "mine" });
    await put("data/a", "hers");
    await put("data/b", "other size");
    await expect(filesKind.up(program(), context())).rejects.toMatchObject({
      code: "TargetConflict",
      message: expect.stringMatching(/^2 objects of .* exist with other content: data\/a, data\/b; nothing was copied/),
    });
    expect(await objects()).toEqual({ "data/a": "hers", "data/b": "other size" });
  });

  test("verify finds one flipped byte of the same size, and a missing object, by name", async () => {
    writeFiles(directory, { "caf\u00e9": "content", "cafe\u0301": "content", gone: "x", right: "y" });
    const artifact = await filesKind.up(program(), context());
    await put("data/cafe\u0301", "cOntent");
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "data/gone" }));
    const results = await filesKind.verify(program(), context(), artifact);
    expect(failed(results)).toHaveLength(4);
    expect(results.map(({ actual }) => actual)).toEqual(["3", "15", expect.any(String), "cafe\u0301, gone"]);
  });

  test("verify finds a source that was edited since", async () => {
    writeFiles(directory, { a: "1", b: "2" });
    const artifact = await filesKind.up(program(), context());
    writeFiles(directory, { a: "!", new: "" });
    const results = await filesKind.verify(program(), context(), artifact);
    expect(results.at(-1)?.actual).toBe("a, new");
  });

  test("verify compares with the manifest once the directory was retired, but not with one that was edited", async () => {
    writeFiles(directory, { a: "1" });
    const artifact = await filesKind.up(program(), context());
    rmSync(join(directory, "a"));
    // An empty directory looks like a volume that is not mounted.
    await expect(filesKind.verify(program(), context(), artifact)).rejects.toMatchObject({ code: "SourceEmpty" });
    const retired = program({ directory: join(directory, "retired") });
    expect(failed(await filesKind.verify(retired, context(), artifact))).toEqual([]);
    await put(MANIFEST, (await read(MANIFEST)).replace('"path":"a"', '"path":"b"'));
    await expect(filesKind.verify(retired, context(), artifact)).rejects.toMatchObject({ code: "SourceMissing" });
  });

  test("down keeps an object that was changed since, and says which", async () => {
    writeFiles(directory, { a: "1", b: "2" });
    const artifact = await filesKind.up(program(), context());
    await put("data/b", "written by the application");
    const said = context();
    await filesKind.down(program(), said, artifact);
    expect(await objects()).toEqual({ "data/b": "written by the application" });
    expect(said.messages).toEqual(["kept 1 objects that were changed since they were copied: data/b"]);
  });

  test("down of a copy that never began says so", async () => {
    const said = context();
    await filesKind.down(program(), said, undefined);
    expect(said.messages).toEqual([`nothing to undo: there is no s3://${BUCKET}/${MANIFEST}`]);
  });

  test("symbolic links are refused, skipped or followed", async () => {
    writeFiles(directory, { file: "content" });
    symlinkSync("file", join(directory, "link"));
    await expect(filesKind.up(program(), context())).rejects.toMatchObject({ code: "SourceRefused" });
    expect(await objects()).toEqual({});
    await filesKind.up(program({ symlinks: "skip" }), context());
    expect(Object.keys(await objects())).toEqual(["data/file"]);
    await filesKind.up(program({ symlinks: "follow" }), context());
    expect(await objects()).toEqual({ "data/file": "content", "data/link": "content" });
  });

  test("a file that is too large or whose key is too long is refused by name before anything is copied", async () => {
    writeFiles(directory, { "right but long": "x", large: "", fits: "" });
    // A sparse file: more than 5 GiB of nothing.
    truncateSync(join(directory, "large"), 5 * 1024 ** 3 + 1);
    const refusal = filesKind.up(program({ prefix: `${"p".repeat(1015)}/` }), context());
    await expect(refusal).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringMatching(
        /"large" \(5368709121 bytes, more than 5 GiB: use BucketTransfer\), "right but long" \(its key/,
      ),
    });
    expect(await objects()).toEqual({});
  });

  test("an empty directory, a missing one and a missing bucket are errors", async () => {
    await expect(filesKind.up(program(), context())).rejects.toMatchObject({ code: "SourceEmpty" });
    const missing = program({ directory: join(directory, "missing") });
    await expect(filesKind.up(missing, context())).rejects.toMatchObject({ code: "SourceMissing" });
    writeFiles(directory, { file: "" });
    await expect(filesKind.up(program({ bucket: "nowhere" }), context())).rejects.toMatchObject({
      code: "TargetMissing",
    });
    await filesKind.down(program({ bucket: "nowhere" }), context(), undefined);
  });
});

function failed(results: readonly CheckResult[]): string[] {
  return results.filter(({ expected, actual }) => expected !== actual).map(({ query }) => query);
}
