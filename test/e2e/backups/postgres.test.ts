import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Client } from "pg";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type BackupWorkplace, backupWorkplace, flipByte, truncate } from "../../support/backup-workplace";
import { type PostgresServer, startPostgres } from "../../support/postgres";
import { requires } from "../../support/requirements";

requires("postgres", "pg_dump")("backups of PostgreSQL", () => {
  let server: PostgresServer;
  let place: BackupWorkplace;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  const part = { kind: "postgres", id: "database", url: { env: "SHOP_URL" } };
  beforeEach(async () => {
    await server.query("DROP DATABASE IF EXISTS shop WITH (FORCE)");
    await server.createDatabase("shop");
    await server.query(
      `CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, seen timestamptz DEFAULT now());
       INSERT INTO users SELECT i, 'user ' || i || E'\\n\\\\.' FROM generate_series(1, 500) i;
       CREATE SCHEMA "Odd Schema"; CREATE TABLE "Odd Schema"."a (b) ""c""" (v text); INSERT INTO "Odd Schema"."a (b) ""c""" VALUES ('x');
       CREATE TABLE nothing (id int)`,
      "shop",
    );
    place = backupWorkplace({ SHOP_URL: server.url("shop") });
    place.plan([part]);
  });
  afterEach(() => place.remove());

  test("hold what the database held, of one moment, and are private", async () => {
    // WHEN
    const { folder, manifest } = await place.take();
    // THEN
    expect(manifest.parts[0]!.counts).toEqual({
      '"Odd Schema"."a (b) ""c"""': 1,
      "public.nothing": 0,
      "public.users": 500,
    });
    expect(readdirSync(folder).sort()).toEqual(["database.dump", "manifest.json"]);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const password = new URL(server.url()).password;
    expect(readFileSync(join(folder, "manifest.json"), "utf8")).not.toContain(password);
    expect((await place.run(["verify"])).status).toBe(0);
  });

  test.each([
    ["one changed byte", flipByte, /sha256 is not the one of the manifest/],
    ["a cut off end", truncate, /bytes instead of/],
  ])("are refused with %s, by verify, drill and restore", async (_what, damage, message) => {
    // GIVEN
    const { folder } = await place.take();
    damage(join(folder, "database.dump"));
    for (const command of [["verify"], ["drill"], ["restore", "--auto-approve"]]) {
      // WHEN
      const result = await place.run(command);
      // THEN
      expect(result.status).toBe(1);
      expect(result.json()).toMatchObject({
        error: { code: "BackupCorrupt", message: expect.stringMatching(message) },
      });
    }
    expect(existsSync(join(place.directory, "evidence"))).toBe(false);
    expect(await server.query("SELECT count(*)::int AS n FROM users", "shop")).toEqual([{ n: 500 }]);
  });

  test("are tried in a scratch database, and the evidence says what was compared", async () => {
    // GIVEN
    const { id } = await place.take();
    // WHEN
    const drill = await place.run(["drill"]);
    // THEN
    expect(drill.status).toBe(0);
    const evidence = JSON.parse(
      readFileSync(join(place.directory, "evidence/shop/staging/restore-drill.json"), "utf8"),
    );
    expect(evidence).toMatchObject({
      gate: "restore-drill",
      release: "1.4.0",
      facts: { backup: id, comparisons: 6, "database counted": 501 },
    });
    expect(Date.parse(evidence.expires) - Date.parse(evidence.at)).toBe(30 * 86_400_000);
    const databases = await server.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE NOT datistemplate",
    );
    expect(databases.map(({ datname }) => datname).sort()).toEqual(["postgres", "shop"]);
  });

  test("are restored into a new database that is swapped in, and the old one is kept until confirmed", async () => {
    // GIVEN a backup, writes since, settings of the database itself, and an application that keeps connecting
    const { id } = await place.take();
    const kept = `shop_before_${id.toLowerCase()}`;
    await server.query("DELETE FROM users WHERE id > 3; CREATE TABLE newer (id int)", "shop");
    await server.query("ALTER DATABASE shop SET work_mem = '5MB'; GRANT CREATE ON DATABASE shop TO pg_monitor");
    const application = new Client({ connectionString: server.url("shop") });
    const lost = new Promise<Error>((resolve) => application.on("error", resolve));
    await application.connect();
    // WHEN
    const restored = await place.run(["restore", "--auto-approve"]);
    // THEN the live name has what was backed up, without what came later
    expect(restored.status).toBe(0);
    expect((await lost).message).toMatch(/terminat/);
    expect(await server.query("SELECT count(*)::int AS n, to_regclass('newer') AS newer FROM users", "shop")).toEqual([
      { n: 500, newer: null },
    ]);
    expect(await server.query("SHOW work_mem", "shop")).toEqual([{ work_mem: "5MB" }]);
    expect(await server.query("SELECT has_database_privilege('pg_monitor', 'shop', 'CREATE') AS may")).toEqual([
      { may: true },
    ]);
    // AND what was there is there under another name, until it is confirmed
    expect(await server.query("SELECT count(*)::int AS n FROM users", kept)).toEqual([{ n: 3 }]);
    const confirmed = await place.run(["restore", "--confirm", id, "--auto-approve"]);
    expect(confirmed.json()).toEqual({ backup: id, deleted: [`database ${kept}`] });
    expect(await server.query("SELECT FROM pg_database WHERE datname LIKE 'shop_%'")).toEqual([]);
  });

  test("change nothing when nobody approves", async () => {
    await place.take();
    const result = await place.run(["restore"]);
    expect(result.json()).toMatchObject({ error: { code: "ApprovalMissing" } });
    expect(result.status).toBe(1);
    expect(await server.query("SELECT FROM pg_database WHERE datname LIKE 'shop_%'")).toEqual([]);
  });

  test("fail loudly when the password is wrong, and do not say which it was", async () => {
    const url = server.url("shop").replace(/:[^:@/]+@/, ":wr0ng-pass@");
    const result = await place.run(["run"], { SHOP_URL: url });
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({
      error: { code: "BackupFailed", message: expect.stringContaining("password authentication failed") },
    });
    expect(result.stdout + result.stderr).not.toContain("wr0ng-pass");
    expect(readdirSync(place.backups).filter((name) => !name.startsWith("."))).toEqual([]);
  });

  test("fail loudly when no table has a row, unless that is said to be right", async () => {
    // GIVEN
    await server.query(`TRUNCATE users, "Odd Schema"."a (b) ""c"""`, "shop");
    // WHEN
    const result = await place.run(["run"]);
    place.plan([{ ...part, allowEmpty: true }]);
    // THEN
    expect(result.json()).toMatchObject({ error: { code: "BackupEmpty" } });
    expect((await place.run(["run"])).status).toBe(0);
  });

  test("fail loudly when pg_dump is not installed", async () => {
    const result = await place.run(["run"], { PATH: "/nowhere" });
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({
      error: { code: "BackupProgramMissing", message: expect.stringContaining("there is no pg_dump on the PATH") },
    });
  });
});
