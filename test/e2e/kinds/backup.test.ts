import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { directoryPart } from "../../../lib/backups/parts/directory";
import type { PartContext } from "../../../lib/backups/parts/part-kind";
import { postgresPart } from "../../../lib/backups/parts/postgres";
import type { PartRecord } from "../../../lib/backups/plan/backup-manifest";
import type { PartOf } from "../../../lib/backups/plan/backup-plan";
import type { Artifact } from "../../../lib/manifest/step-record";
import { flipByte, truncate } from "../../support/backup-workplace";
import { EngineWorkspace, type StepInput } from "../../support/engine-workspace";
import { expectExit } from "../../support/expect-exit";
import { type PostgresServer, startPostgres } from "../../support/postgres";
import { killIn, quiet } from "../../support/processes";
import { requires } from "../../support/requirements";
import { unwrapped } from "../../support/unwrapped";

const KEY = Buffer.alloc(32, 7).toString("base64");

requires(
  "terraform",
  "postgres",
  "pg_dump",
)("backups as steps of Terraform", () => {
  let server: PostgresServer;
  let workspace: EngineWorkspace;

  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());

  beforeEach(async () => {
    const databases = await server.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE datname LIKE 'shop%'",
    );
    for (const { datname } of databases) await server.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
    await server.createDatabase("shop");
    await server.query(
      "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 500) i",
      "shop",
    );
    workspace = EngineWorkspace.withFileLedger({ SHOP_URL: server.url("shop"), BACKUP_KEY: KEY });
    mkdirSync(data());
    writeFileSync(join(data(), "project.json"), '{"id":1}');
    writeFileSync(join(workspace.directory, ".env"), "PASSWORD=correct-horse\n");
  });
  afterEach(() => workspace.remove());

  const data = () => join(workspace.directory, "data");
  const backups = () => join(workspace.directory, "backups/shop/staging");

  const backup = (down: "keep" | "restore", part: object = {}): StepInput => ({
    id: "back-up",
    program: {
      kind: "backup",
      release: "0.9.0",
      down,
      plan: {
        parts: [
          { kind: "postgres", id: "database", url: { env: "SHOP_URL" }, ...part },
          { kind: "directory", id: "data", path: "data" },
          { kind: "env-file", id: "variables", path: ".env", key: { env: "BACKUP_KEY" } },
        ],
        destination: { directory: "backups" },
      },
    },
    arguments: { on_destroy: down === "keep" ? "keep" : "rollback" },
  });

  /** A step that cannot be undone: only the backup leads back. */
  const destroysData = (): StepInput => ({
    id: "drop-names",
    program: {
      kind: "command",
      environment: { SHOP_URL: { env: "SHOP_URL" } },
      up: 'psql -X -v ON_ERROR_STOP=1 "$SHOP_URL" -c "update users set name = null"; rm data/project.json; echo "PASSWORD=new" > .env',
      verify: [{ query: 'psql -X -Atc "select count(name) from users" "$SHOP_URL"', expected: "0" }],
    },
    arguments: { on_destroy: "keep", irreversible: "the names are gone" },
  });

  const artifactOf = async (id: string): Promise<Artifact> =>
    (await workspace.ledgerRecords()).find((row) => row.id === id)!.artifact!;
  const digest = async (database = "shop") =>
    (
      await server.query<{ d: string }>("SELECT md5(string_agg(u::text, ',' ORDER BY id)) AS d FROM users u", database)
    )[0]!.d;

  it("record what was saved; the second plan is empty, and a rollback keeps the backup", async () => {
    // GIVEN
    workspace.configure([backup("keep")]);
    await workspace.init();
    // WHEN
    const planned = await workspace.plan();
    const applied = await workspace.apply();
    // THEN
    expect(unwrapped(planned.stdout)).toContain(
      "backup: database (postgres), data (directory), variables (env-file) to backups",
    );
    expectExit(applied);
    const artifact = await artifactOf("back-up");
    expect(artifact).toMatchObject({
      release: "0.9.0",
      environment: "staging",
      "database.count": 500,
      "data.count": 1,
      location1: join(backups(), String(artifact["backup"])),
    });
    expectExit(await workspace.plan());
    // AND nothing that Terraform or the ledger keeps has a secret
    const password = new URL(server.url()).password;
    for (const text of [
      applied.stdout,
      JSON.stringify(artifact),
      readFileSync(join(workspace.directory, "terraform.tfstate"), "utf8"),
    ]) {
      expect(text).not.toContain("correct-horse");
      expect(text).not.toContain(password);
      expect(text).not.toContain(KEY);
    }
    // WHEN the step is removed
    workspace.configure([]);
    expectExit(await workspace.apply());
    // THEN
    expect(await workspace.ledgerRows()).toEqual({});
    expect(readdirSync(join(backups(), String(artifact["backup"])))).toContain("manifest.json");
  }, 120_000);

  it.each([
    ["one file", {}],
    ["a directory, by two jobs", { jobs: 2, compression: "gzip:1" }],
  ])(
    "are the way back of a step that cannot be undone, dumped into %s; damage is found before",
    async (_what, part) => {
      // GIVEN a step that destroys data, behind a backup
      const before = await digest();
      workspace.configure([backup("restore", part), destroysData()]);
      await workspace.init();
      expectExit(await workspace.apply());
      const artifact = await artifactOf("back-up");
      const folder = join(backups(), String(artifact["backup"]));
      const dump = join(folder, "jobs" in part ? "database.dump/toc.dat" : "database.dump");
      const after = await digest();
      expect(after).not.toBe(before);
      workspace.configure([]);

      // WHEN a byte of the dump was changed, and when its end is missing
      for (const damage of [flipByte, truncate]) {
        copyFileSync(dump, `${dump}.whole`);
        damage(dump);
        const refused = await workspace.apply();
        copyFileSync(`${dump}.whole`, dump);
        rmSync(`${dump}.whole`);
        // THEN nothing was touched, and the step stays
        expect(refused.exitCode).toBe(1);
        expect(unwrapped(refused.stderr)).toContain("BackupCorrupt");
        expect(await digest()).toBe(after);
        expect(existsSync(join(data(), "project.json"))).toBe(false);
        expect(await workspace.ledgerRows()).toHaveProperty("back-up");
      }

      // WHEN the backup is whole, and a killed restore left its database behind
      await server.createDatabase(`shop_new_${String(artifact["backup"]).toLowerCase()}`);
      const plan = await workspace.plan();
      const undone = await workspace.apply();
      // THEN everything is as it was, and what was replaced is kept
      expect(unwrapped(plan.stdout)).toContain("rollback: this backup is restored over the live data");
      expectExit(undone);
      expect(await digest()).toBe(before);
      expect(readFileSync(join(data(), "project.json"), "utf8")).toBe('{"id":1}');
      expect(readFileSync(join(workspace.directory, ".env"), "utf8")).toBe("PASSWORD=correct-horse\n");
      expect(await digest(`shop_before_${String(artifact["backup"]).toLowerCase()}`)).toBe(after);
      expect(await workspace.ledgerRows()).toEqual({});
      expect(await server.query("SELECT FROM pg_database WHERE datname LIKE 'shop_new%'")).toEqual([]);
    },
    180_000,
  );

  it("find a database that an interrupted restore has replaced already, unless it was changed since", async () => {
    // GIVEN
    const part = {
      kind: "postgres",
      id: "database",
      maintenanceDatabase: "postgres",
      digests: false,
    } as PartOf<"postgres">;
    const context = {
      resolve: async () => server.url("shop"),
      backupId: "20260131T235959123Z",
    } as unknown as PartContext;
    const record = { counts: { "public.users": 500 }, digests: {} } as unknown as PartRecord;
    // WHEN nothing was restored, and when the replaced database is there
    const before = await postgresPart.resume(part, record, context);
    await server.createDatabase("shop_before_20260131t235959123z");
    const after = await postgresPart.resume(part, record, context);
    await server.query("DELETE FROM users WHERE id = 1", "shop");
    const changed = postgresPart.resume(part, record, context);
    // THEN
    expect(before).toBeUndefined();
    expect(after).toMatchObject({ place: "database shop", kept: "database shop_before_20260131t235959123z" });
    await expect(changed).rejects.toMatchObject({
      code: "TargetConflict",
      message: expect.stringContaining("public.users is 499 instead of 500"),
    });
  });

  it("need as much space as the tables have without their indexes, and files once more to be read back", async () => {
    // GIVEN
    await server.query("CREATE INDEX users_by_name ON users (name)", "shop");
    const context = { resolve: async () => server.url("shop"), signal: new AbortController().signal };
    // WHEN
    const database = await postgresPart.size({ kind: "postgres", id: "database" } as PartOf<"postgres">, context);
    const files = await directoryPart.size({ kind: "directory", id: "data", path: data() }, context);
    // THEN
    const [row] = await server.query<{ all: number; index: number }>(
      "SELECT pg_database_size('shop')::int AS all, pg_relation_size('users_by_name')::int AS index",
      "shop",
    );
    const bytes = '{"id":1}'.length;
    expect(files).toEqual({ stored: bytes, readBack: bytes });
    expect(database.stored).toBeLessThanOrEqual(row!.all - row!.index);
    expect(database.stored).toBeGreaterThan(row!.all / 2);
  });

  it("are taken again after everything was killed while pg_dump ran, and leave nothing half-written", async () => {
    // GIVEN a pg_dump that does not come to its end the first time
    const bin = join(workspace.directory, "bin");
    const began = join(workspace.directory, "began");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "pg_dump"),
      `#!/bin/sh\nif [ "$1" != --version ] && [ ! -e "${began}" ]; then echo half > "${began}"; exec sleep 20; fi\nPATH="\${PATH#*:}" exec pg_dump "$@"\n`,
    );
    chmodSync(join(bin, "pg_dump"), 0o755);
    workspace.environment["PATH"] = `${bin}:${process.env.PATH}`;
    workspace.configure([backup("keep")]);
    await workspace.init();
    const run = workspace.startApply();
    for (const end = performance.now() + 60_000; !existsSync(began) && performance.now() < end;) await sleep(50);
    // WHEN
    killIn(workspace.directory, ["terraform", "provider", "runner"]);
    killIn(workspace.directory, ["other"]);
    await run.result.catch(() => undefined);
    await quiet(workspace.directory);
    const half = readdirSync(join(workspace.directory, "backups")).filter((name) => name.startsWith(".sterna-"));
    const applied = await workspace.apply();
    // THEN
    expect(half).toHaveLength(1);
    expectExit(applied);
    expect(readdirSync(join(workspace.directory, "backups"))).toEqual(["shop"]);
    expect(readdirSync(backups()).filter((name) => !name.startsWith("."))).toHaveLength(1);
    expect(await workspace.ledgerRows()).toEqual({ "back-up": "applied" });
    expectExit(await workspace.plan());
  }, 180_000);
});
