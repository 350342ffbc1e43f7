import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArchiveContent, readBack, createArchive } from "../../../lib/engine/archive/archive";
import { archiveKind } from "../../../lib/steps/archive/kind";
import { archiveProgram } from "../../../lib/steps/archive/program";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";
import { stepContext } from "../../support/step-context";

describe("an archive", () => {
  let root: string;
  let data: string;
  let backups: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sterna-archive-"));
    data = join(root, "data");
    backups = join(root, "backups");
    writeFiles(data, NASTY_FILES);
    writeFiles(root, { ".env": "A=1" });
    mkdirSync(join(data, "nothing in here"));
    symlinkSync("plain.txt", join(data, "link"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const program = (more: object = {}) =>
    archiveProgram.parse({ kind: "archive", sources: [data, join(root, ".env")], directory: backups, ...more });

  test("gives back every file, directory and link, names and contents", async () => {
    // WHEN
    const artifact = (await archiveKind.up(program(), stepContext("backup")))!;
    // THEN somebody who knows nothing of Sterna can restore it
    const restored = join(root, "restored");
    mkdirSync(restored);
    execFileSync("tar", ["-xpf", String(artifact["archive"]), "-C", restored]);
    expect(execFileSync("diff", ["-r", "--no-dereference", data, join(restored, data)]).toString()).toBe("");
    expect(readFileSync(join(restored, root, ".env"), "utf8")).toBe("A=1");
  });

  test("has its step and time in its name, a manifest beside it, and is private", async () => {
    const artifact = (await archiveKind.up(program(), stepContext("backup")))!;
    const archive = String(artifact["archive"]);
    expect(archive).toMatch(/\/backup-\d{8}T\d{6}Z\.tar\.gz$/);
    expect(readdirSync(backups).sort()).toEqual(
      [archive, `${archive}.manifest.json`].map((path) => path.split("/").pop()),
    );
    expect(statSync(backups).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(backups)) expect(statSync(join(backups, name)).mode & 0o777).toBe(0o600);
    const sha256 = createHash("sha256").update(readFileSync(archive)).digest("hex");
    const files = Object.keys(NASTY_FILES).length + 1;
    const bytes = 3 + Object.values(NASTY_FILES).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
    expect(artifact).toEqual({ archive, files, bytes, sha256 });
    const manifest = JSON.parse(readFileSync(`${archive}.manifest.json`, "utf8"));
    expect(manifest).toMatchObject({ archive, sha256, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(manifest.files).toHaveLength(files);
  });

  test("verify finds a flipped byte, a missing archive, and a step that recorded none", async () => {
    const artifact = (await archiveKind.up(program(), stepContext("backup")))!;
    const right = await archiveKind.verify(program(), stepContext("backup"), artifact);
    expect(right.map(({ expected, actual }) => actual === expected)).toEqual([true]);
    const archive = String(artifact["archive"]);
    const content = readFileSync(archive);
    content[content.length >> 1]! ^= 1;
    writeFileSync(archive, content);
    const [flipped] = await archiveKind.verify(program(), stepContext("backup"), artifact);
    expect(flipped?.actual).not.toBe(flipped?.expected);
    rmSync(archive);
    expect((await archiveKind.verify(program(), stepContext("backup"), artifact))[0]?.actual).toBe("missing");
    expect((await archiveKind.verify(program(), stepContext("backup"), undefined))[0]?.actual).toBe("not recorded");
  });

  test.each<[string, (archive: string) => void]>([
    ["a file that was changed in it", () => appendFileSync(join(data, "plain.txt"), "more")],
    ["a file that is missing in it", () => rmSync(join(data, "plain.txt"))],
    ["a link that points elsewhere", () => (rmSync(join(data, "link")), symlinkSync("-rf", join(data, "link")))],
    ["an empty directory that is missing", () => rmSync(join(data, "nothing in here"), { recursive: true })],
  ])("reading it back finds %s", async (_what, damage) => {
    // GIVEN what should be in the archive, and an archive of something else
    const { signal } = new AbortController();
    const content = await readArchiveContent([data], signal);
    damage(data);
    const archive = join(root, "damaged.tar.gz");
    execFileSync("tar", ["-czf", archive, "-C", "/", data.slice(1)]);
    // WHEN, THEN
    const scratch = join(root, "scratch");
    await expect(readBack(archive, content, scratch, signal)).rejects.toMatchObject({ code: "BackupUnreadable" });
    expect(existsSync(scratch)).toBe(false);
  });

  test("a truncated archive is not taken for a backup", async () => {
    const { signal } = new AbortController();
    const content = await readArchiveContent([data], signal);
    const archive = join(root, "truncated.tar.gz");
    await createArchive(archive, content, signal);
    const whole = readFileSync(archive);
    writeFileSync(archive, whole.subarray(0, whole.length - 100));
    await expect(readBack(archive, content, join(root, "scratch"), signal)).rejects.toMatchObject({
      code: "StepFailed",
    });
  });

  test("an empty source is refused: the guide's backup script reports success with 0 entries", async () => {
    mkdirSync(join(root, "unmounted"));
    const empty = program({ sources: [join(root, "unmounted")] });
    await expect(archiveKind.up(empty, stepContext("backup"))).rejects.toMatchObject({ code: "SourceEmpty" });
    expect(existsSync(backups)).toBe(false);
  });

  test("a missing source is refused", async () => {
    const missing = program({ sources: [data, join(root, "missing")] });
    await expect(archiveKind.up(missing, stepContext("backup"))).rejects.toMatchObject({ code: "SourceMissing" });
  });

  test("an archive inside what it archives is refused", async () => {
    const inside = program({ directory: join(data, "backups") });
    await expect(archiveKind.up(inside, stepContext("backup"))).rejects.toThrow(/is inside .*data, which is archived/);
    // but a neighbor with a name that begins alike is not inside
    const neighbor = program({ directory: `${data}-backups` });
    await expect(archiveKind.up(neighbor, stepContext("backup"))).resolves.toBeDefined();
  });

  test("overlapping sources are archived once", async () => {
    const overlapping = program({ sources: [data, join(data, "a"), join(data, "plain.txt")] });
    const artifact = await archiveKind.up(overlapping, stepContext("backup"));
    expect(artifact?.["files"]).toBe(Object.keys(NASTY_FILES).length);
  });

  test("one that was stopped leaves nothing, and what a crash left is replaced", async () => {
    // GIVEN the remains of a crash
    writeFiles(backups, { ".backup.unfinished.tar.gz": "half", ".backup.scratch/file": "half" });
    // WHEN the step is stopped while it reads the archive back
    const stop = new AbortController();
    const reason = new Error("stopped");
    const context = stepContext("backup", { signal: stop.signal });
    const stopping = {
      ...context,
      progress: (message: string) => (/back/.test(message) ? stop.abort(reason) : undefined),
    };
    await expect(archiveKind.up(program(), stopping)).rejects.toBe(reason);
    // THEN
    expect(readdirSync(backups)).toEqual([]);
    // AND the next attempt succeeds and leaves no remains
    await archiveKind.up(program(), stepContext("backup"));
    expect(readdirSync(backups).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("rolling back keeps it", async () => {
    const artifact = await archiveKind.up(program(), stepContext("backup"));
    await archiveKind.down(program(), stepContext("backup"), artifact);
    expect(existsSync(String(artifact?.["archive"]))).toBe(true);
    expect(archiveKind.effectless).toBe(true);
  });
});
