import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PartContext } from "../../../lib/backups/parts/part-kind";
import { redisPart } from "../../../lib/backups/parts/redis";
import type { PartRecord } from "../../../lib/backups/plan/backup-manifest";
import { findProgram } from "../../../lib/core/find-program";
import { type BackupWorkplace, backupWorkplace, flipByte, truncate } from "../../support/backup-workplace";
import { type RedisTestServer, startRedis } from "../../support/redis";
import { writeFiles } from "../../support/nasty-files";
import { requires } from "../../support/requirements";

requires("redis")("backups of Redis", () => {
  let server: RedisTestServer;
  let place: BackupWorkplace;
  beforeAll(async () => {
    server = await startRedis();
  }, 60_000);
  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.command(["FLUSHALL"]);
    for (let i = 0; i < 50; i++) await server.command(["SET", `user:${i}`, `{"name":"user ${i}"}`]);
    await server.command(["HSET", "a hash\n", "field", "value"]);
    await server.command(["SET", "session", "s", "EX", "3600"]);
    await server.command(["SET", "elsewhere", "2"], 2);
    place = backupWorkplace({ REDIS_PASSWORD: server.password });
    place.plan([{ kind: "redis", id: "cache", url: server.url, password: { env: "REDIS_PASSWORD" } }]);
  });
  afterEach(() => place.remove());

  test("hold the keys of all logical databases, and are tried in a server of their own", async () => {
    const { id, manifest } = await place.take();
    expect(manifest.parts[0]!.counts).toEqual({ keys: 53, expires: 1 });
    const drill = await place.run(["drill"]);
    expect(drill.status).toBe(0);
    expect(drill.json()).toMatchObject({ backup: id, checks: [{ expected: "52", actual: "52" }, { actual: "true" }] });
  });

  test.each([
    ["one changed byte", flipByte],
    ["a cut off end", truncate],
  ])("are refused with %s", async (_what, damage) => {
    const { folder } = await place.take();
    damage(join(folder, "cache.rdb"));
    for (const command of ["verify", "drill"]) {
      const result = await place.run([command]);
      expect(result.status).toBe(1);
      expect(result.json()).toMatchObject({ error: { code: "BackupCorrupt" } });
    }
  });

  test("are restored beside the live keys and swapped in, and the old keys are kept until confirmed", async () => {
    // GIVEN writes since the backup
    const { id } = await place.take();
    await server.command(["DEL", "user:7", "session"]);
    await server.command(["SET", "newer", "n"]);
    // WHEN
    const restored = await place.run(["restore", "--auto-approve"]);
    // THEN what was backed up is live, with its times
    expect(restored.status).toBe(0);
    expect(await server.command(["GET", "user:7"])).toBe('{"name":"user 7"}');
    expect(await server.command(["HGET", "a hash\n", "field"])).toBe("value");
    expect(await server.command(["EXISTS", "newer"])).toBe(0);
    expect(Number(await server.command(["TTL", "session"]))).toBeGreaterThan(3000);
    expect(await server.command(["TTL", "user:7"])).toBe(-1);
    expect(await server.command(["GET", "elsewhere"], 2)).toBe("2");
    // AND the old keys are there, until confirmed
    expect(await server.command(["GET", "newer"], 15)).toBe("n");
    expect(restored.json()).toMatchObject({ restored: [{ kept: "logical database 15, 14" }] });
    const confirmed = await place.run(["restore", "--confirm", id, "--auto-approve"]);
    expect(confirmed.json<{ deleted: string[] }>().deleted.sort()).toEqual([
      "logical database 14",
      "logical database 15",
    ]);
    expect(await server.command(["DBSIZE"], 15)).toBe(0);
    expect(await server.command(["DBSIZE"])).toBe(52);
  });

  test("are not restored in part when redis-server is not installed", async () => {
    // GIVEN a backup of a directory and of Redis, and the programs without redis-server
    const data = join(place.directory, "data");
    writeFiles(data, { a: "1" });
    const cache = { kind: "redis", id: "cache", url: server.url, password: { env: "REDIS_PASSWORD" } };
    place.plan([{ kind: "directory", id: "data", path: "data" }, cache]);
    await place.take();
    writeFileSync(join(data, "newer"), "");
    const bin = join(place.directory, "bin");
    mkdirSync(bin);
    for (const program of ["tar", "gzip", "redis-check-rdb"]) symlinkSync(findProgram(program)!, join(bin, program));
    // WHEN
    const restored = await place.run(["restore", "--auto-approve"], { PATH: bin });
    // THEN
    expect(restored.json()).toMatchObject({
      error: { code: "BackupProgramMissing", message: expect.stringContaining("redis-server") },
    });
    expect(existsSync(join(data, "newer"))).toBe(true);
  });

  test("are not taken for restored when keys were written after an earlier restore", async () => {
    // GIVEN
    const { id, manifest } = await place.take();
    expect((await place.run(["restore", "--auto-approve"])).status).toBe(0);
    const resume = () =>
      redisPart.resume(
        { kind: "redis", id: "cache", url: server.url, allowEmpty: false, password: { env: "REDIS_PASSWORD" } },
        manifest.parts[0] as unknown as PartRecord,
        {
          backupId: id,
          resolve: async (setting: unknown) => (typeof setting === "string" ? setting : server.password),
        } as unknown as PartContext,
      );
    // WHEN
    const restored = await resume();
    await server.command(["SET", "newer", "n"]);
    // THEN
    expect(restored).toMatchObject({ part: "cache", kept: "logical database 14, 15" });
    await expect(resume()).rejects.toMatchObject({
      code: "TargetConflict",
      message: expect.stringContaining("keys that never expire is 53 instead of 52"),
    });
  });

  test("fail loudly when the password is wrong or missing, though redis-cli ends with 0 then", async () => {
    const wrong = await place.run(["run"], { REDIS_PASSWORD: "wr0ng" });
    expect(wrong.json()).toMatchObject({
      error: { code: "BackupFailed", message: expect.stringMatching(/WRONGPASS/) },
    });
    place.plan([{ kind: "redis", id: "cache", url: server.url }]);
    const missing = await place.run(["run"]);
    expect([wrong.status, missing.status]).toEqual([1, 1]);
    expect(missing.json()).toMatchObject({ error: { code: "BackupFailed", message: expect.stringMatching(/NOAUTH/) } });
  });

  test("fail loudly when there is no key", async () => {
    await server.command(["FLUSHALL"]);
    expect((await place.run(["run"])).json()).toMatchObject({ error: { code: "BackupEmpty" } });
  });

  test("fail loudly when redis-cli is not installed", async () => {
    const result = await place.run(["run"], { PATH: "/nowhere" });
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({
      error: { code: "BackupProgramMissing", message: expect.stringContaining("there is no redis-cli on the PATH") },
    });
  });
});
