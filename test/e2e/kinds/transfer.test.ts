import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  PutBucketVersioningCommand,
  PutObjectTaggingCommand,
  GetObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import type { CheckResult } from "../../../lib/manifest/step-checks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifestOf, totalsOf } from "../../../lib/engine/files/file-manifest";
import { walkDirectory } from "../../../lib/engine/files/walk";
import { transferKind } from "../../../lib/steps/transfer/kind";
import { transferProgram } from "../../../lib/steps/transfer/program";
import { startAwsStandIn, type AwsStandIn } from "../../../lib/testing/aws/stand-in";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";
import { repositoryRoot } from "../../support/repository";
import { requires } from "../../support/requirements";
import { stepContext } from "../../support/step-context";

const BUCKET = "tern-nests";
const OTHER = "tern-nests-abroad";
/** `TRANSFER_FILES=10000` takes some minutes; names, sizes and contents are of the same kinds. */
const FILES = Number(process.env["TRANSFER_FILES"] ?? 200);
// moto answers 500 to keys with a line end, which S3 allows: see test/engine/transfers.
const { "two\nlines.txt": _lineEnd, ...NASTY } = NASTY_FILES;

requires("moto_server")("a transfer between a directory and S3", () => {
  let aws: AwsStandIn;
  let s3: S3Client;
  let directory: string;
  let back: string;

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
    for (const Bucket of [BUCKET, OTHER]) await s3.send(new CreateBucketCommand({ Bucket }));
    directory = mkdtempSync(join(tmpdir(), "sterna-transfer-"));
    back = mkdtempSync(join(tmpdir(), "sterna-back-"));
  });
  afterEach(() => {
    for (const path of [directory, back]) rmSync(path, { recursive: true });
  });

  const bucket = (name: string, prefix = "data/") => ({ store: "s3", bucket: name, prefix });
  const program = (phase: string, from: object, to: object, more: object = {}) =>
    transferProgram.parse({ kind: "transfer", transfer: "files", phase, from, to, ...more });
  const upload = (phase = "bulk", more: object = {}) =>
    program(phase, { store: "directory", path: directory }, bucket(BUCKET), more);
  const never = new AbortController().signal;

  async function run(...[step]: [ReturnType<typeof program>]) {
    const said = stepContext("files");
    const artifact = await transferKind.up(step, said);
    expect(failed(await transferKind.verify(step, said, artifact))).toEqual([]);
    return { artifact, said: said.messages };
  }
  async function totals(path: string) {
    const { files } = await walkDirectory(path, "refuse");
    return totalsOf(
      await manifestOf(
        path,
        files.filter((file) => !file.startsWith(".sterna/")),
        never,
      ),
    );
  }
  const puts = () => aws.calls().filter(({ op }) => op === "PutObject").length;

  test(
    `${FILES} nasty files go to a bucket and back with equal manifests`,
    async () => {
      // GIVEN
      writeFiles(directory, nastyFiles(FILES));
      // WHEN
      const { artifact, said } = await run(upload("bulk", { batchDepth: 1 }));
      await run(upload("delta", { batchDepth: 1 }));
      // THEN
      expect(artifact).toMatchObject({ objects: FILES, copied: FILES });
      expect(said.at(-1)).toMatch(new RegExp(`^${FILES}/${FILES} objects, [\\d.]+ .?B copied, [\\d.]+ .?B/s$`));
      // WHEN
      await run(program("bulk", bucket(BUCKET), { store: "directory", path: back }, { tags: "leave" }));
      // THEN
      const before = await totals(directory);
      expect(before.files).toBe(FILES);
      expect(await totals(back)).toEqual(before);
    },
    60_000 + FILES * 200,
  );

  test("a copy whose process is killed goes on with what is missing", async () => {
    // GIVEN a process of its own that copies, and is killed in the middle
    writeFiles(directory, nastyFiles(200));
    const file = join(back, "program.json");
    writeFileSync(file, JSON.stringify(upload()));
    const child = spawn(process.execPath, ["--import", "tsx", "test/support/run-transfer.ts", file], {
      cwd: repositoryRoot,
      env: { ...process.env },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const watch = setInterval(() => puts() >= 60 && child.kill("SIGKILL"), 1);
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    clearInterval(watch);
    expect(signal).toBe("SIGKILL");
    const before = puts();
    expect(before).toBeLessThan(200);
    // WHEN
    const { artifact } = await run(upload());
    // THEN what arrived is not sent again: besides the objects there are three writes of manifests
    expect(artifact).toMatchObject({ objects: 200 });
    expect(artifact!["copied"]).toBeLessThanOrEqual(200 - before + 9);
    // AND all of it can be undone
    await transferKind.down(upload(), stepContext("files"), undefined);
    const left = program("bulk", bucket(BUCKET), { store: "directory", path: back });
    await expect(transferKind.up(left, stepContext("x"))).rejects.toMatchObject({ code: "SourceEmpty" });
  }, 60_000);

  test("one flipped byte is found, by name", async () => {
    writeFiles(directory, { "caf\u00e9": "content", "cafe\u0301": "content" });
    await run(upload());
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "data/cafe\u0301", Body: "cOntent" }));
    const results = await transferKind.verify(upload("delta"), stepContext("x"), undefined);
    expect(failed(results)).toHaveLength(2);
    expect(results.at(-1)?.actual).toBe("cafe\u0301");
  });

  test("a large object goes in parts, both ways, and to another bucket", async () => {
    // GIVEN more than one part, and not a multiple of it
    writeFiles(directory, { "model.bin": randomBytes(20 * 1024 ** 2 + 1), small: "1" });
    // WHEN
    await run(upload());
    await run(program("bulk", bucket(BUCKET), bucket(OTHER, "copy/")));
    await run(program("bulk", bucket(OTHER, "copy/"), { store: "directory", path: back }));
    // THEN
    expect(aws.calls().filter(({ op }) => op === "UploadPart")).toHaveLength(6);
    expect(await totals(back)).toEqual(await totals(directory));
  }, 60_000);

  test("from bucket to bucket go content type and metadata, and tags if they are to be carried", async () => {
    // GIVEN
    const object = { Bucket: BUCKET, Key: "data/report.html" };
    await s3.send(
      new PutObjectCommand({ ...object, Body: "<p>", ContentType: "text/html", Metadata: { owner: "tern" } }),
    );
    await s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [{ Key: "a b", Value: "c+d" }] } }));
    const step = (more: object) => program("bulk", bucket(BUCKET), bucket(OTHER), more);
    // THEN
    await expect(transferKind.up(step({}), stepContext("x"))).rejects.toMatchObject({ code: "TransferLosesTags" });
    // WHEN
    await run(step({ tags: "carry" }));
    // THEN
    const copied = await s3.send(new GetObjectCommand({ ...object, Bucket: OTHER }));
    expect(copied).toMatchObject({ ContentType: "text/html", Metadata: { owner: "tern" } });
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ ...object, Bucket: OTHER }));
    expect(TagSet).toEqual([{ Key: "a b", Value: "c+d" }]);
  });

  test("old versions are not left behind in silence", async () => {
    // GIVEN
    const versioned = { Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } } as const;
    await s3.send(new PutBucketVersioningCommand(versioned));
    for (const Body of ["1", "2"]) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "data/a", Body }));
    const step = (more: object) => program("bulk", bucket(BUCKET), bucket(OTHER), more);
    // THEN
    await expect(transferKind.up(step({}), stepContext("x"))).rejects.toMatchObject({
      code: "TransferLosesVersions",
      message: expect.stringMatching(/1 objects.*: a;/),
    });
    await run(step({ versions: "leave" }));
  });

  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  async function texts(): Promise<Record<string, string>> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    const found = Contents.map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return [Key!, await Body!.transformToString()] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  }

  test("undoing a copy, twice, leaves what was there before and what was changed since, and nothing of its own", async () => {
    // GIVEN
    writeFiles(directory, { a: "1", b: "2", same: "same" });
    await put("data/of somebody else", "stays");
    await put("data/same", "same");
    await run(upload());
    await put("data/b", "written by the application");
    // WHEN
    const said = stepContext("files");
    await transferKind.down(upload(), said, undefined);
    await transferKind.down(upload(), said, undefined);
    // THEN
    expect(await texts()).toEqual({
      "data/b": "written by the application",
      "data/of somebody else": "stays",
      "data/same": "same",
    });
    expect(said.messages).toEqual([
      "kept 1 objects that somebody else wrote or changed: b",
      expect.stringMatching(/^nothing to undo: /),
    ]);
  });

  test("files that were edited or deleted between two phases leave no old copies", async () => {
    // GIVEN
    writeFiles(directory, { edited: "old", deleted: "old", same: "same" });
    await run(upload());
    writeFiles(directory, { edited: "new!" });
    rmSync(join(directory, "deleted"));
    // WHEN
    await run(upload("delta"));
    // THEN
    const objects = Object.entries(await texts()).filter(([key]) => key.startsWith("data/"));
    expect(Object.fromEntries(objects)).toEqual({ "data/edited": "new!", "data/same": "same" });
    await transferKind.down(upload(), stepContext("files"), undefined);
    expect(await texts()).toEqual({});
  });

  test("an object with other content is not overwritten, and nothing is copied", async () => {
    writeFiles(directory, { a: "mine", b: "mine", c: "mine" });
    await put("data/a", "hers");
    await put("data/b", "other size");
    await expect(transferKind.up(upload(), stepContext("files"))).rejects.toMatchObject({ code: "TargetConflict" });
    const objects = Object.entries(await texts()).filter(([key]) => key.startsWith("data/"));
    expect(Object.fromEntries(objects)).toEqual({ "data/a": "hers", "data/b": "other size" });
  });

  test("a source that was edited since is found by the delta, and the bulk copy does not need it any more", async () => {
    writeFiles(directory, { a: "1", b: "2" });
    await run(upload());
    writeFiles(directory, { a: "!", new: "" });
    const results = await transferKind.verify(upload("delta"), stepContext("files"), undefined);
    expect(results.at(-1)?.actual).toBe("a, new");
    const retired = program("bulk", { store: "directory", path: join(directory, "retired") }, bucket(BUCKET));
    expect(failed(await transferKind.verify(retired, stepContext("files"), undefined))).toEqual([]);
  });

  test("a key that is too long is refused by name before anything is copied", async () => {
    writeFiles(directory, { "right but long": "x", fits: "" });
    const long = program("bulk", { store: "directory", path: directory }, bucket(BUCKET, `${"p".repeat(1015)}/`));
    await expect(transferKind.up(long, stepContext("files"))).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringMatching(/"right but long" \(its key/),
    });
    expect(Object.keys(await texts()).filter((key) => key.startsWith("p"))).toEqual([]);
  });

  test("an empty directory, a missing one and a missing bucket are errors, and undoing in a missing bucket is none", async () => {
    await expect(transferKind.up(upload(), stepContext("files"))).rejects.toMatchObject({ code: "SourceEmpty" });
    const missing = program("bulk", { store: "directory", path: join(directory, "missing") }, bucket(BUCKET));
    await expect(transferKind.up(missing, stepContext("files"))).rejects.toMatchObject({ code: "SourceMissing" });
    writeFiles(directory, { file: "" });
    const nowhere = program("bulk", { store: "directory", path: directory }, bucket("nowhere"));
    await expect(transferKind.up(nowhere, stepContext("files"))).rejects.toMatchObject({ code: "TargetMissing" });
    await transferKind.down(nowhere, stepContext("files"), undefined);
  });

  test("keys that are no names of files are refused before anything is written", async () => {
    for (const Key of ["data/../up", "data/a", "data/a/b", "data//double", "data/folder/"]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }));
    }
    const step = program("bulk", bucket(BUCKET), { store: "directory", path: back });
    await expect(transferKind.up(step, stepContext("x"))).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringMatching(/^4 objects /),
    });
    expect((await walkDirectory(back, "refuse")).files).toEqual([]);
  });
});

/** Names of every kind, over and over, in folders; contents from empty to some kilobytes. */
function nastyFiles(count: number): Record<string, string> {
  const kinds = Object.entries(NASTY);
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => {
      const [name, content] = kinds[n % kinds.length]!;
      return [`project ${n % 7}/${Math.floor(n / kinds.length)}/${name}`, content.repeat(n % 97)];
    }),
  );
}

function failed(results: readonly CheckResult[]): string[] {
  return results.filter(({ expected, actual }) => expected !== actual).map(({ query }) => query);
}
