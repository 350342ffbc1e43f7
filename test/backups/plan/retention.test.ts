import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backupPlan } from "../../../lib/backups/plan/backup-plan";
import { type BackupWorkplace, backupWorkplace, flipByte } from "../../support/backup-workplace";
import { writeFiles } from "../../support/nasty-files";
import { repositoryRoot } from "../../support/repository";

const directory = { kind: "directory", id: "data", path: "data" };

describe("retention", () => {
  let place: BackupWorkplace;
  let template: string;

  beforeEach(async () => {
    place = backupWorkplace();
    writeFiles(join(place.directory, "data"), { a: "1", b: "2" });
    place.plan([directory]);
    const { folder } = await place.take();
    template = join(place.directory, "template");
    cpSync(folder, template, { recursive: true });
    rmSync(folder, { recursive: true });
  });
  afterEach(() => place.remove());

  /** Puts a backup of some days ago into the place. @returns its id */
  function backupOf(daysAgo: number, broken = false): string {
    const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
    const id = at.replaceAll(/[-:.]/g, "");
    const folder = join(place.backups, id);
    cpSync(template, folder, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...manifest, id, startedAt: at, finishedAt: at }));
    if (broken) flipByte(join(folder, "data.tar.gz"));
    return id;
  }
  const left = () =>
    readdirSync(place.backups)
      .filter((name) => !name.startsWith("."))
      .sort();
  const keep = (days: number, atLeast: number) => place.plan([directory], { retention: { days, atLeast } });

  test("deletes what is older than promised, and says beforehand what that would be", async () => {
    // GIVEN
    keep(30, 1);
    const [old, young, newest] = [backupOf(31), backupOf(29), backupOf(1)];
    // WHEN
    const dry = await place.run(["prune", "--dry-run"]);
    // THEN
    expect(dry.status).toBe(2);
    expect(dry.json()).toMatchObject({ dryRun: true, stores: [{ deleted: [old], kept: [young, newest] }] });
    expect(left()).toEqual([old, young, newest]);
    expect((await place.run(["prune"])).status).toBe(0);
    expect(left()).toEqual([young, newest]);
    expect((await place.run(["prune", "--dry-run"])).status).toBe(0);
  });

  test("keeps the last verified backup however old it is", async () => {
    keep(30, 1);
    const only = backupOf(400);
    expect((await place.run(["prune"])).status).toBe(0);
    expect(left()).toEqual([only]);
  });

  test("counts backups that cannot be restored as none", async () => {
    // GIVEN a broken backup between the newest and the old ones
    keep(30, 2);
    const [oldest, old, broken, newest] = [backupOf(90), backupOf(80), backupOf(70, true), backupOf(1)];
    // WHEN
    await place.run(["prune"]);
    // THEN
    expect(left()).toEqual([old, newest]);
    expect([oldest, broken].map((id) => existsSync(join(place.backups, id)))).toEqual([false, false]);
  });

  test("deletes no whole backup because a part of the plan has another name now", async () => {
    // GIVEN old backups, and a new one of the renamed part
    const [older, old] = [backupOf(90), backupOf(80)];
    place.plan([{ ...directory, id: "files" }], { retention: { days: 30, atLeast: 2 } });
    const { id } = await place.take();
    // WHEN
    const result = await place.run(["prune"]);
    // THEN
    expect(result.json()).toMatchObject({
      error: { code: "BackupMissing", message: expect.stringContaining('there is no part "data"') },
    });
    expect(left()).toEqual([older, old, id]);
  });

  test("refuses to delete anything while the newest backup cannot be restored", async () => {
    keep(30, 1);
    const ids = [backupOf(90), backupOf(80), backupOf(1, true)];
    const result = await place.run(["prune"]);
    expect(result.status).toBe(3);
    expect(result.json()).toMatchObject({
      error: { code: "RetentionRefused", message: expect.stringContaining(ids[2]!) },
    });
    expect(left()).toEqual(ids);
  });

  test("never leaves fewer restorable backups than asked for, nor deletes what it promised to keep", async () => {
    const some = fc.uniqueArray(fc.record({ days: fc.integer({ min: 0, max: 90 }), broken: fc.boolean() }), {
      selector: ({ days }) => days,
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(
        some,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 3 }),
        async (made, days, atLeast) => {
          // GIVEN
          rmSync(place.backups, { recursive: true, force: true });
          keep(days, atLeast);
          const backups = made.map((each) => ({ ...each, id: backupOf(each.days + 0.01, each.broken) }));
          // WHEN
          const { status } = await place.run(["prune"]);
          // THEN
          const kept = backups.filter(({ id }) => left().includes(id));
          const restorable = backups.filter(({ broken }) => !broken);
          expect(kept.filter(({ broken }) => !broken).length).toBeGreaterThanOrEqual(
            Math.min(atLeast, restorable.length),
          );
          for (const backup of backups) if (backup.days < days) expect(kept).toContain(backup);
          if (status === 3) expect(kept).toEqual(backups);
        },
      ),
      { numRuns: 12 },
    );
  }, 30_000);
});

describe("a plan whose promises contradict each other", () => {
  let place: BackupWorkplace;
  beforeEach(() => {
    place = backupWorkplace();
  });
  afterEach(() => place.remove());

  test("cannot say that it cleans at 28 days and keeps 30: there is one number", async () => {
    place.plan([directory], { retention: { days: 30, deleteAfterDays: 28 } });
    const result = await place.run(["prune"]);
    expect(result.json()).toMatchObject({
      error: { code: "InvalidBackupPlan", message: expect.stringContaining("deleteAfterDays") },
    });
  });

  test("is refused when the bucket's own lifecycle deletes earlier", async () => {
    const bucket = { name: "example-backups", expirationDays: 28 };
    place.plan([directory], { destination: { bucket }, retention: { days: 30 } });
    const result = await place.run(["run"]);
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({ error: { code: "RetentionContradiction" } });
  });

  test.each([
    ["no verified backup to keep", { retention: { days: 30, atLeast: 0 } }, "atLeast"],
    ["a password in it", { parts: [{ kind: "redis", id: "a", url: "redis://u:secret@host" }] }, "holds a password"],
    ["nowhere to go", { destination: {} }, "needs a directory, a bucket, or both"],
    ["two parts of one name", { parts: [directory, directory] }, 'two parts called "data"'],
    ["a release that is none", { release: "latest" }, "semantic version"],
  ])("is refused with %s", async (_what, more, message) => {
    place.plan([directory], more);
    const result = await place.run(["run"]);
    expect(result.json()).toMatchObject({
      error: { code: "InvalidBackupPlan", message: expect.stringContaining(message) },
    });
    expect(result.stdout).not.toContain("secret@");
  });
});

test("the plan of the documentation is a plan", () => {
  const page = readFileSync(join(repositoryRoot, "docs/constructs/backup.md"), "utf8");
  const plan = JSON.parse(/^```jsonc\n([^]*?)^```$/m.exec(page)![1]!);
  expect(backupPlan.safeParse(plan).error).toBeUndefined();
});
