import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type BackupWorkplace, backupWorkplace, flipByte, truncate } from "../../support/backup-workplace";
import { findProgram } from "../../../lib/core/find-program";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";

const KEY = Buffer.alloc(32, 7).toString("base64");

describe("backups of directories and dotenv files", () => {
  let place: BackupWorkplace;
  let data: string;
  const files = { kind: "directory", id: "data", path: "data" };
  const variables = { kind: "env-file", id: "variables", path: ".env", key: { env: "BACKUP_KEY" } };

  beforeEach(() => {
    place = backupWorkplace({ BACKUP_KEY: KEY });
    data = join(place.directory, "data");
    writeFiles(data, NASTY_FILES);
    writeFileSync(join(place.directory, ".env"), "PASSWORD=correct-horse\nMODE=prod\n");
    place.plan([files, variables]);
  });
  afterEach(() => place.remove());

  test("are whole, private, and hold no secret in plain", async () => {
    const { folder, manifest } = await place.take();
    expect(manifest.parts.map(({ counts }) => counts)).toMatchObject([
      { files: Object.keys(NASTY_FILES).length },
      { variables: 2 },
    ]);
    expect(readdirSync(folder).sort()).toEqual([
      "data.content.json",
      "data.tar.gz",
      "manifest.json",
      "variables.env.encrypted",
    ]);
    for (const file of readdirSync(folder)) {
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, file), "latin1")).not.toContain("correct-horse");
    }
    expect(readdirSync(join(place.directory, "backups"))).toEqual(["shop"]);
  });

  test("are restored over what is there, which is kept until it is confirmed", async () => {
    // GIVEN
    const { id } = await place.take();
    const before = execFileSync("tar", ["-cf", "-", "-C", data, "--sort=name", "."]);
    rmSync(join(data, "plain.txt"));
    writeFileSync(join(data, "newer"), "");
    writeFileSync(join(place.directory, ".env"), "MODE=broken\n");
    // WHEN
    const restored = await place.run(["restore", "--auto-approve"]);
    // THEN
    expect(restored.status).toBe(0);
    expect(execFileSync("tar", ["-cf", "-", "-C", data, "--sort=name", "."]).length).toBe(before.length);
    expect(existsSync(join(data, "newer"))).toBe(false);
    expect(readFileSync(join(place.directory, ".env"), "utf8")).toBe("PASSWORD=correct-horse\nMODE=prod\n");
    expect(statSync(join(place.directory, ".env")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(`${data}.before-${id}`, "newer"))).toBe(true);
    expect(readFileSync(join(place.directory, `.env.before-${id}`), "utf8")).toBe("MODE=broken\n");
    // AND a second restore does not overwrite what the first one kept
    expect((await place.run(["restore", "--auto-approve"])).json()).toMatchObject({
      error: { code: "TargetConflict" },
    });
    const confirmed = await place.run(["restore", "--confirm", id, "--auto-approve"]);
    expect(confirmed.json<{ deleted: string[] }>().deleted).toHaveLength(2);
    expect(readdirSync(place.directory).sort()).toEqual([".env", "backups", "data", "elsewhere", "plan.json"]);
  });

  test("are not restored in part when one of them cannot be: a key that was rotated", async () => {
    // GIVEN
    await place.take();
    writeFileSync(join(data, "newer"), "");
    // WHEN
    const restored = await place.run(["restore", "--auto-approve"], {
      BACKUP_KEY: Buffer.alloc(32, 8).toString("base64"),
    });
    // THEN the directory, which comes first, was not replaced
    expect(restored.json()).toMatchObject({ error: { code: "EncryptionKeyWrong" } });
    expect(existsSync(join(data, "newer"))).toBe(true);
    expect(readdirSync(place.directory).sort()).toEqual([".env", "backups", "data", "elsewhere", "plan.json"]);
  });

  test.each([
    ["data.tar.gz", flipByte],
    ["data.tar.gz", truncate],
    ["variables.env.encrypted", flipByte],
    ["data.content.json", truncate],
  ])("are refused when %s was damaged", async (file, damage) => {
    const { folder } = await place.take();
    damage(join(folder, file));
    const result = await place.run(["verify"]);
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({ error: { code: "BackupCorrupt", message: expect.stringContaining(file) } });
  });

  test("are refused with another key, which is not said to be damage", async () => {
    await place.take();
    const result = await place.run(["verify"], { BACKUP_KEY: Buffer.alloc(32, 8).toString("base64") });
    expect(result.json()).toMatchObject({ error: { code: "EncryptionKeyWrong" } });
    const short = await place.run(["run"], { BACKUP_KEY: "c2hvcnQ=" });
    expect(short.json()).toMatchObject({
      error: { code: "EncryptionKeyInvalid", message: expect.not.stringContaining("c2hvcnQ=") },
    });
  });

  test("are no backups before their manifest is there", async () => {
    // GIVEN what a crash leaves behind
    mkdirSync(join(place.backups, "20260131T020000000Z"), { recursive: true });
    writeFileSync(join(place.backups, "20260131T020000000Z", "data.tar.gz"), "half");
    // WHEN
    const result = await place.run(["list"]);
    // THEN
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({ stores: [{ backups: [], unreadable: [{ id: "20260131T020000000Z" }] }] });
    expect((await place.run(["drill"])).json()).toMatchObject({ error: { code: "BackupMissing" } });
  });

  test("fail verification when the newest is too old: the timer has stopped", async () => {
    await place.take();
    place.plan([files, variables], { maximumAgeHours: 1e-7 });
    expect((await place.run(["verify"])).json()).toMatchObject({ error: { code: "BackupStale" } });
    expect((await place.run(["drill"])).json()).toMatchObject({ error: { code: "BackupStale" } });
  });
});

describe("where the guides' backup.sh says that it is completed, a backup fails:", () => {
  let place: BackupWorkplace;
  beforeEach(() => {
    place = backupWorkplace({ BACKUP_KEY: KEY });
  });
  afterEach(() => place.remove());
  const directory = { kind: "directory", id: "data", path: "data" };
  const expectFailure = async (code: string, environment?: NodeJS.ProcessEnv) => {
    const result = await place.run(["run"], environment);
    expect(result.json()).toMatchObject({ error: { code } });
    expect(result.status).toBe(1);
    const left = existsSync(place.backups) ? readdirSync(place.backups) : [];
    expect(left.filter((name) => !name.startsWith("."))).toEqual([]);
    return result.json<{ error: { message: string } }>().error.message;
  };

  test("the data directory is not there, as from another folder", async () => {
    place.plan([directory]);
    expect(await expectFailure("SourceMissing")).toContain(join(place.directory, "data"));
  });

  test("the data directory is empty, as an unmounted volume is", async () => {
    mkdirSync(join(place.directory, "data"));
    place.plan([directory]);
    await expectFailure("SourceEmpty");
  });

  test("the database does not answer", async () => {
    place.plan([{ kind: "postgres", id: "database", url: "postgresql://nobody@127.0.0.1:1/shop" }]);
    expect(await expectFailure("BackupFailed")).toContain("ECONNREFUSED");
  });

  test("the dotenv file is not there, or defines nothing", async () => {
    place.plan([{ kind: "env-file", id: "variables", path: ".env", key: { env: "BACKUP_KEY" } }]);
    await expectFailure("SourceMissing");
    writeFileSync(join(place.directory, ".env"), "# nothing\n");
    await expectFailure("BackupEmpty");
  });

  test("one of several parts fails, and nothing of the others is taken for a backup", async () => {
    writeFiles(join(place.directory, "data"), { a: "1" });
    place.plan([directory, { ...directory, id: "more", path: "more" }]);
    await expectFailure("SourceMissing");
  });

  const mayMount = process.getuid?.() === 0 && findProgram("mount") !== undefined;
  (mayMount ? test : test.skip)("the disk is full", async () => {
    // GIVEN a disk of 256 KiB, and more data than that
    const disk = join(place.directory, "backups");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
    try {
      writeFiles(join(place.directory, "data"), { a: randomBytes(600_000).toString("base64") });
      // WHEN, THEN it is found before anything is written if the plan requires more
      place.plan([directory], { requiredFreeBytes: 1_600_000 });
      expect(await expectFailure("BackupSpaceMissing")).toMatch(
        /the plan requires 1\.6 MB of free space, and .*backups has 2\d\d\.\d kB free; free 1\.3 MB/,
      );
      // AND otherwise it is tried, with a warning
      place.plan([directory]);
      const result = await place.run(["run"]);
      expect(result.stderr).toMatch(/may need up to 1\.6 MB \(data: 1\.6 MB\), and .*backups has 2\d\d\.\d kB free/);
      expect(await expectFailure("StepFailed")).toMatch(/No space left|Cannot write/);
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  (mayMount ? test : test.skip)("not because data would not fit that compresses well", async () => {
    // GIVEN a disk of 2 MiB, and zeros of 1.5 MB in a file: with the copy that is read back, they seem to need 3 MB
    const disk = join(place.directory, "backups");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    try {
      writeFiles(join(place.directory, "data"), { a: "0".repeat(1_500_000) });
      place.plan([directory]);
      // WHEN
      const result = await place.run(["run"]);
      // THEN
      expect(result.stderr).toContain("may need up to 3.0 MB (data: 3.0 MB)");
      expect(result.status).toBe(0);
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  test("the backups would be inside what is backed up", async () => {
    writeFiles(join(place.directory, "data"), { a: "1" });
    symlinkSync("a", join(place.directory, "data", "link"));
    place.plan([directory], { destination: { directory: "data/backups" } });
    await expectFailure("InvalidProgram");
  });
});
