import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import "../../../lib/provider/kinds";
import { removalOf } from "../../../lib/engine/executor/operations";
import type { Artifact } from "../../../lib/manifest/step-record";
import { backupKind } from "../../../lib/steps/backup/kind";
import { backupProgram } from "../../../lib/steps/backup/program";
import { flipByte, truncate } from "../../support/backup-workplace";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";
import { stepContext } from "../../support/step-context";

const KEY = Buffer.alloc(32, 7).toString("base64");

describe("a step that takes a backup", () => {
  const before = process.cwd();
  let root: string;
  let data: string;
  let backups: string;

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "sterna-backup-step-")));
    data = join(root, "data");
    backups = join(root, "backups", "shop", "staging");
    writeFiles(data, NASTY_FILES);
    writeFileSync(join(root, ".env"), "PASSWORD=correct-horse\n");
    process.env.BACKUP_KEY = KEY;
    process.chdir(root);
  });
  afterEach(() => {
    process.chdir(before);
    delete process.env.BACKUP_KEY;
    rmSync(root, { recursive: true });
  });

  const context = () => stepContext("back-up", { variables: { DATA: data } });
  const plan = (more: object = {}) => ({
    parts: [
      { kind: "directory", id: "data", path: { variable: "DATA" } },
      { kind: "env-file", id: "variables", path: ".env", key: { env: "BACKUP_KEY" } },
    ],
    destination: { directory: "backups" },
    ...more,
  });
  const program = (more: object = {}) =>
    backupProgram.parse({ kind: "backup", plan: plan(), release: "1.0.0", ...more });
  const take = async (more: object = {}): Promise<Artifact> => (await backupKind.up(program(more), context()))!;
  const folderOf = (artifact: Artifact) => join(backups, String(artifact["backup"]));
  const failures = async (artifact: Artifact | undefined) =>
    (await backupKind.verify(program(), context(), artifact)).filter(({ expected, actual }) => expected !== actual);

  test("records which backup it took, of what, and where, and verifies it", async () => {
    // WHEN
    const artifact = await take({ plan: plan({ commit: "0123abc" }) });
    // THEN
    expect(artifact).toMatchObject({
      backup: expect.stringMatching(/^\d{8}T\d{9}Z$/),
      manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      system: "shop",
      environment: "staging",
      release: "1.0.0",
      commit: "0123abc",
      directory: join(root, "backups"),
      location1: folderOf(artifact),
      "data.kind": "directory",
      "data.count": Object.keys(NASTY_FILES).length,
      "variables.count": 1,
    });
    expect(artifact["data.bytes"]).toBeGreaterThan(0);
    expect(await failures(artifact)).toEqual([]);
    for (const file of readdirSync(folderOf(artifact))) {
      expect(readFileSync(join(folderOf(artifact), file), "latin1")).not.toContain("correct-horse");
    }
  });

  test("verifies the recorded backup also from another directory", async () => {
    // GIVEN
    const artifact = await take();
    // WHEN
    process.chdir(tmpdir());
    // THEN
    expect(await failures(artifact)).toEqual([]);
  });

  test.each([
    ["a changed byte", (folder: string) => flipByte(join(folder, "data.tar.gz")), /was changed/],
    ["a cut off end", (folder: string) => truncate(join(folder, "data.tar.gz")), /bytes instead of/],
    ["a missing file", (folder: string) => rmSync(join(folder, "data.tar.gz")), /is missing/],
    ["a missing backup", (folder: string) => rmSync(folder, { recursive: true }), /there is no backup/],
    ["an edited manifest", editManifest, /^[0-9a-f]{64}$/],
  ])("finds %s, and restores nothing of it", async (_what, damage, message) => {
    // GIVEN
    const artifact = await take();
    damage(folderOf(artifact));
    writeFileSync(join(data, "written-since"), "x");
    // WHEN
    const [failure] = (await failures(artifact)).slice(-1);
    const restored = backupKind.down(program({ down: "restore" }), context(), artifact);
    // THEN
    expect(failure?.actual).toMatch(message);
    await expect(restored).rejects.toMatchObject({ code: expect.stringMatching(/^Backup(Corrupt|Missing)$/) });
    expect(readdirSync(root).sort()).toEqual([".env", "backups", "data"]);
    expect(readFileSync(join(data, "written-since"), "utf8")).toBe("x");
  });

  test("counts a backup as expired that is missing after its retention, and as lost before, or if it was damaged", async () => {
    // GIVEN
    const artifact = await take();
    const taken = (days: number) => ({
      ...artifact,
      startedAt: new Date(Date.now() - days * 86_400_000).toISOString(),
    });
    // WHEN it is damaged
    writeFileSync(join(folderOf(artifact), "manifest.json"), "{");
    expect((await failures(taken(31))).at(-1)?.actual).toContain("manifest.json");
    // WHEN it is gone
    rmSync(folderOf(artifact), { recursive: true });
    // THEN
    expect((await failures(taken(29))).at(-1)?.actual).toMatch(/there is no backup/);
    expect(await backupKind.verify(program(), context(), taken(31))).toEqual([
      {
        query: expect.stringContaining(`the backup ${artifact["backup"]} in ${backups}`),
        expected: expect.stringMatching(/^expired: its retention of 30 days ended at 20/),
        actual: expect.stringMatching(/^expired: /),
      },
    ]);
    // AND a restore still says that it is missing
    await expect(backupKind.down(program({ down: "restore" }), context(), taken(31))).rejects.toMatchObject({
      code: "BackupMissing",
      message: expect.stringContaining(String(artifact["backup"])),
    });
  });

  test("verify fails for a step that recorded no backup", async () => {
    expect(await failures(undefined)).toHaveLength(1);
  });

  test("keeps the backup and the data when it is undone, unless it says restore", async () => {
    // GIVEN
    const artifact = await take();
    writeFileSync(join(data, "written-since"), "x");
    // WHEN
    await backupKind.down(program(), context(), artifact);
    // THEN
    expect(existsSync(join(data, "written-since"))).toBe(true);
    expect(await failures(artifact)).toEqual([]);
    expect(backupKind.undo(program(), artifact)).toEqual([`keep: the backup ${artifact["backup"]}`]);
    expect(backupKind.loss(program(), "since x")).toBeUndefined();
  });

  test("restores exactly the recorded backup, though a newer one exists, and keeps what it replaced", async () => {
    // GIVEN
    const artifact = await take();
    writeFileSync(join(data, "written-since"), "x");
    writeFileSync(join(root, ".env"), "PASSWORD=newer\n");
    await take();
    // WHEN
    const running = context();
    await backupKind.down(program({ down: "restore" }), running, artifact);
    // THEN
    expect(readdirSync(data).sort()).not.toContain("written-since");
    expect(readFileSync(join(root, ".env"), "utf8")).toBe("PASSWORD=correct-horse\n");
    const kept = `${data}.before-${artifact["backup"]}`;
    expect(readFileSync(join(kept, "written-since"), "utf8")).toBe("x");
    expect(running.messages.join("\n")).toContain(kept);
  });

  test("continues a restore that was interrupted between two renames, and after one part", async () => {
    // GIVEN a restore that ended when the old directory was renamed and the new one was not
    const artifact = await take();
    writeFileSync(join(data, "written-since"), "x");
    const kept = `${data}.before-${artifact["backup"]}`;
    renameSync(data, kept);
    // WHEN it is repeated, twice
    const restore = () => backupKind.down(program({ down: "restore" }), context(), artifact);
    await restore();
    await restore();
    // THEN the second time finds both parts in place
    expect(existsSync(join(data, "written-since"))).toBe(false);
    expect(existsSync(join(kept, "written-since"))).toBe(true);
  });

  test.each([
    ["directory", () => writeFileSync(join(data, "written-after-the-restore"), "x")],
    ["dotenv file", () => writeFileSync(join(root, ".env"), "PASSWORD=changed-word1\n")],
  ])("does not take a %s for restored that was changed after an earlier restore", async (_what, change) => {
    // GIVEN an earlier restore that was not confirmed
    const artifact = await take();
    const restore = () => backupKind.down(program({ down: "restore" }), context(), artifact);
    await restore();
    change();
    // WHEN
    const again = restore();
    // THEN
    await expect(again).rejects.toMatchObject({
      code: "TargetConflict",
      message: expect.stringMatching(/\.before-.* was changed since: .*confirm or undo the earlier restore first/),
    });
  });

  test.each([
    ["keep", "keep", "forget"],
    ["rollback", "restore", "rollback"],
    // Of hand-written Terraform: there is nothing to undo.
    ["rollback", "keep", "forget"],
  ] as const)("with on_destroy %s and a down that does %s, a removal does %s", (onDestroy, down, removal) => {
    const step = { id: "back-up", release: "1.0.0", program: program({ down }), irreversible: undefined };
    expect(removalOf({ ...step, onDestroy })).toBe(removal);
    expect(() => removalOf({ ...step, onDestroy: "refuse" })).toThrow("must not be removed");
  });

  test("undoes nothing for an attempt that recorded no backup", async () => {
    await backupKind.down(program({ down: "restore" }), context(), undefined);
    expect(readdirSync(root).sort()).toEqual([".env", "data"]);
  });

  test("refuses before anything is written when there is too little space, and says how much", async () => {
    // WHEN
    const taken = take({ plan: plan({ requiredFreeBytes: 4e15 }) });
    // THEN
    await expect(taken).rejects.toMatchObject({
      code: "BackupSpaceMissing",
      message: expect.stringMatching(/requires 4000\.0 TB of .* and .*backups has [\d.]+ [GTM]B free; free /),
    });
    expect(existsSync(backups) ? readdirSync(backups).filter((name) => !name.startsWith(".")) : []).toEqual([]);
  });

  test("removes the workspace of a killed attempt, and no other", async () => {
    // GIVEN
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    const place = (name: string, pid: number) => {
      mkdirSync(join(root, "backups", name, "backup"), { recursive: true });
      writeFileSync(join(root, "backups", name, "backup", "database.dump"), "half");
      writeFileSync(join(root, "backups", name, "owner.json"), JSON.stringify({ host: hostname(), pid }));
    };
    place(".sterna-killed", dead);
    place(".sterna-running", process.pid);
    // WHEN
    await take();
    // THEN
    expect(readdirSync(join(root, "backups")).sort()).toEqual([".sterna-running", "shop"]);
  });

  describe("in the folder of a stack with two gates, in a project", () => {
    const gate = (id: string, subject: string) => ({
      id,
      kind: "attested",
      phase: "pre",
      title: id,
      evidence: { subject, validFor: 3600, eachRelease: false },
    });
    const gates = { gates: [gate("nightly", "backup"), gate("restore-drill", "restore-drill")], windows: [] };
    const evidence = () => join(root, "evidence/shop/staging");
    let running: ReturnType<typeof context>;
    let absolute: ReturnType<typeof program>;

    beforeEach(() => {
      mkdirSync(join(root, "out"));
      process.chdir(join(root, "out"));
      writeFileSync("sterna.json", JSON.stringify({ gates }));
      running = context();
      absolute = program({
        plan: plan({
          parts: [{ kind: "directory", id: "data", path: data }],
          destination: { directory: join(root, "backups") },
        }),
        project: "..",
      });
    });

    test("writes the evidence that a gate asks for, after the backup was read back", async () => {
      // WHEN
      const artifact = await backupKind.up(absolute, running);
      // THEN
      expect(existsSync(evidence())).toBe(false);
      await backupKind.verify(absolute, running, artifact);
      expect(readdirSync(evidence())).toEqual(["nightly.json"]);
      expect(JSON.parse(readFileSync(join(evidence(), "nightly.json"), "utf8"))).toMatchObject({
        gate: "nightly",
        release: "1.0.0",
        by: "step back-up",
        at: artifact!["startedAt"],
        facts: { backup: artifact!["backup"], "manifest sha256": artifact!["manifestSha256"] },
      });
      // AND a later check writes none
      rmSync(join(root, "evidence"), { recursive: true });
      await backupKind.verify(absolute, context(), artifact);
      expect(existsSync(evidence())).toBe(false);
    });

    test("writes none for a backup that cannot be read back", async () => {
      // GIVEN
      const artifact = (await backupKind.up(absolute, running))!;
      flipByte(join(folderOf(artifact), "data.tar.gz"));
      // WHEN
      await backupKind.verify(absolute, running, artifact);
      // THEN
      expect(existsSync(evidence())).toBe(false);
    });

    test("says why it wrote none when sterna.json cannot be read, and succeeds", async () => {
      // GIVEN
      writeFileSync("sterna.json", "{");
      // WHEN
      const artifact = await backupKind.up(absolute, running);
      const results = await backupKind.verify(absolute, running, artifact);
      // THEN
      expect(results.filter(({ expected, actual }) => expected !== actual)).toEqual([]);
      expect(running.messages.join("\n")).toMatch(/no evidence for gates: .*sterna\.json/);
    });
  });

  describe("by a plan file", () => {
    const planFile = (environment: string) =>
      writeFileSync(
        join(root, "plan.json"),
        JSON.stringify({
          version: 1,
          system: "shop",
          environment,
          release: { file: "release" },
          parts: [{ kind: "env-file", id: "variables", path: ".env", key: { env: "BACKUP_KEY" } }],
          destination: { directory: "backups" },
          retention: { days: 7 },
        }),
      );

    test("takes what the file names", async () => {
      // GIVEN
      planFile("staging");
      writeFileSync(join(root, "release"), "1.4.2\n");
      // WHEN
      const artifact = await take({ plan: undefined, planFile: "plan.json" });
      // THEN
      expect(artifact).toMatchObject({ release: "1.4.2", "variables.count": 1 });
    });

    test("refuses the plan of another environment", async () => {
      planFile("production");
      await expect(take({ plan: undefined, planFile: "plan.json" })).rejects.toMatchObject({
        code: "InvalidBackupPlan",
        message: expect.stringContaining('the environment "production"'),
      });
    });
  });
});

function editManifest(folder: string): void {
  const file = join(folder, "manifest.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"release": "1.0.0"', '"release": "1.0.1"'));
}
