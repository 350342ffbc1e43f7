import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../../lib/core/find-program";
import { type BackupWorkplace, backupWorkplace } from "../../support/backup-workplace";
import { writeFiles } from "../../support/nasty-files";
import { startStrictS3, type StrictS3 } from "../../support/strict-s3";

describe("backups in a bucket (contract model of S3)", () => {
  let store: StrictS3;
  let place: BackupWorkplace;
  const before = { ...process.env };

  beforeEach(async () => {
    store = await startStrictS3();
    Object.assign(process.env, store.environment);
    place = backupWorkplace();
    writeFiles(join(place.directory, "data"), { a: "1", "b/c": "2" });
    place.plan([{ kind: "directory", id: "data", path: "data" }], {
      destination: { bucket: { name: "example-backups", region: "us-east-1" } },
    });
  });
  afterEach(async () => {
    process.env = { ...before };
    place.remove();
    await store.stop();
  });

  const prefix = "backups/shop/staging/";

  test("become visible with their manifest, which comes last, and are restored from there", async () => {
    // WHEN
    const { id } = await place.take();
    // THEN
    const puts = store.requests.filter((request) => request.startsWith("PUT")).map((request) => request.slice(4));
    expect(puts.at(-1)).toBe(`${prefix}${id}/manifest.json`);
    expect(puts.sort()).toEqual(
      ["data.content.json", "data.tar.gz", "manifest.json"].map((name) => `${prefix}${id}/${name}`),
    );
    // AND
    rmSync(join(place.directory, "data"), { recursive: true });
    expect((await place.run(["drill"])).status).toBe(0);
    expect((await place.run(["restore", "--auto-approve"])).status).toBe(0);
    expect(readFileSync(join(place.directory, "data/b/c"), "utf8")).toBe("2");
  });

  const mayMount = process.getuid?.() === 0 && findProgram("mount") !== undefined;
  (mayMount ? test : test.skip)("and in a directory seem to need space for both copies there", async () => {
    // GIVEN a disk of 2 MiB, and data that needs 1.4 MB with one copy and 2.1 MB with two
    const disk = join(place.directory, "backups");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    try {
      writeFiles(join(place.directory, "data"), { a: "0".repeat(700_000) });
      const directory = { kind: "directory", id: "data", path: "data" };
      const bucket = { name: "example-backups", region: "us-east-1" };
      // WHEN
      place.plan([directory], { destination: { directory: "backups" } });
      const one = await place.run(["run"]);
      place.plan([directory], { destination: { directory: "backups", bucket } });
      const two = await place.run(["run"]);
      // THEN
      expect([one.status, two.status]).toEqual([0, 0]);
      expect(one.stderr).not.toContain("may need");
      expect(two.stderr).toContain("may need up to 2.1 MB");
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  test("are refused when an object was changed or is missing", async () => {
    const { id } = await place.take();
    const key = `${prefix}${id}/data.tar.gz`;
    const whole = store.objects.get(key)!;
    store.objects.set(key, whole.subarray(0, -5));
    expect((await place.run(["verify"])).json()).toMatchObject({ error: { code: "BackupCorrupt" } });
    store.objects.delete(key);
    expect((await place.run(["verify"])).json()).toMatchObject({ error: { code: "BackupCorrupt" } });
  });
});
