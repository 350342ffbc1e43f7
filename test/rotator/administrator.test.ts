import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { Client, escapeLiteral } from "pg";
import { beginAdminSession } from "../../lib/rotator/postgres/connect";
import { copySettings } from "../../lib/rotator/strategies/postgres-alternating-users";
import { rotate } from "../../lib/rotator/rotation";
import { rotationSettings, type RotationSettings } from "../../lib/rotator/settings";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { requires } from "../support/requirements";
import { logsIn, rotationOf, type PostgresStrategyName } from "./postgres-secrets";
import { startSecretStore, type SecretStore } from "./aws/secret-store";

/** Many seconds on a machine that is busy with other tests. */
const MILLISECONDS = 60_000;
jest.setTimeout(MILLISECONDS);
const PASSWORD = "known to the test";

requires("postgres", "moto_server")("an administrator of PostgreSQL who is no superuser", () => {
  let store: SecretStore;
  let postgres: PostgresServer;
  /** As with RDS, whose master user owns the first database, and is no superuser. */
  let adminSecret: string;
  /** A database, and a user in it: a new one for each test. */
  let app: string;
  let count = 0;

  beforeAll(async () => {
    [store, postgres] = await Promise.all([startSecretStore(), startPostgres()]);
    await postgres.query(`CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD '${PASSWORD}'`);
    adminSecret = await store.create("master", JSON.stringify({ username: "master", password: PASSWORD }));
  });
  afterAll(async () => {
    await store?.stop();
    await postgres?.stop();
  });
  beforeEach(async () => {
    app = `app${++count}`;
    await postgres.query(`CREATE DATABASE ${app} OWNER master`);
  });

  function settings(changed: Partial<Record<string, unknown>> = {}): RotationSettings {
    return rotationSettings.parse({
      ...{ strategy: "postgresAlternatingUsers", ownerRole: `${app}_owner`, host: "127.0.0.1", port: postgres.port },
      ...{ username: app, database: app, adminSecret, tls: { waived: "the server of the test is on loopback" } },
      ...changed,
    });
  }
  const rotateBy = (by = settings()) => rotate(rotationOf(store, app, by));
  /** Runs SQL as the administrator, who then owns what it makes, and may change the roles. */
  const asMaster = (sql: string) => as({ user: "master", password: PASSWORD }, sql);

  const place = () => ({ host: "127.0.0.1", port: postgres.port, database: app });

  async function as(who: { user: string; password: string }, sql: string): Promise<unknown[]> {
    const client = new Client({ ...place(), ...who });
    await client.connect();
    try {
      const result = await client.query(sql);
      return (Array.isArray(result) ? result.at(-1) : result).rows as unknown[];
    } finally {
      await client.end();
    }
  }
  async function asApp(sql: string): Promise<unknown[]> {
    const { username, password } = await store.value(app);
    return as({ user: username!, password: password! }, sql);
  }
  /** A user who was there before, with the secret that AWS's own rotation function keeps: it knows no `url`. */
  async function adoptUser(attributes = ""): Promise<void> {
    await asMaster(`CREATE ROLE ${app} LOGIN PASSWORD '${PASSWORD}' ${attributes}`);
    const login = { engine: "postgres", host: "127.0.0.1", port: postgres.port, dbname: app };
    await store.create(app, JSON.stringify({ ...login, username: app, password: PASSWORD }));
  }

  it.each<PostgresStrategyName>(["postgresAlternatingUsers", "postgresSingleUser"])(
    "rotates with %s, again and again, and keeps no membership in what he changed",
    async (strategy) => {
      // GIVEN
      await store.create(app);
      const { ownerRole, ...single } = settings() as RotationSettings & { ownerRole: string };
      const by = strategy === "postgresSingleUser" ? ({ ...single, strategy } as RotationSettings) : settings();
      expect(ownerRole).toBe(`${app}_owner`);

      for (let rotation = 0; rotation < 3; rotation++) {
        // WHEN
        await rotateBy(by);

        // THEN
        expect(await logsIn(await store.value(app))).toBe(true);
      }
      const used = (role: string) =>
        postgres.query(`SELECT 1 FROM pg_auth_members WHERE member = 'master'::regrole AND roleid = '${role}'::regrole
                           AND NOT coalesce((to_jsonb(pg_auth_members) ->> 'set_option') = 'false', false)`);
      expect(await used(app)).toEqual([]);
      if (strategy === "postgresAlternatingUsers") expect(await used(ownerRole)).toEqual([]);
    },
  );

  it("takes over a pair that AWS's own function made, beginning with the user who is not in use", async () => {
    // GIVEN one is a member of the other, and both have tables
    await adoptUser();
    await asMaster(`CREATE ROLE ${app}_clone LOGIN PASSWORD 'x'; GRANT ${app} TO ${app}_clone`);
    await asMaster(`GRANT CREATE ON SCHEMA public TO ${app}, ${app}_clone`);
    await as({ user: app, password: PASSWORD }, "CREATE TABLE birds (name text)");
    await as({ user: `${app}_clone`, password: "x" }, "CREATE TABLE nests (name text)");
    await asMaster(`REVOKE CREATE ON SCHEMA public FROM ${app}, ${app}_clone`);

    // WHEN
    await rotateBy();

    // THEN who had the password before still logs in
    expect((await store.value(app)).username).toBe(`${app}_clone`);
    expect(await logsIn(await store.value(app, "AWSPREVIOUS"))).toBe(true);
    await asApp("INSERT INTO birds VALUES ('tern'); INSERT INTO nests VALUES ('scrape')");

    // WHEN
    await rotateBy();

    // THEN
    expect(await asApp("SELECT birds.name FROM birds, nests")).toEqual([{ name: "tern" }]);
  });

  it("is told what he lacks, before anything is changed", async () => {
    // GIVEN
    await adoptUser();
    await postgres.query(`CREATE ROLE clerk LOGIN PASSWORD '${PASSWORD}'`);
    const clerk = await store.create("clerk", JSON.stringify({ username: "clerk", password: PASSWORD }));

    // WHEN
    const rotation = rotateBy(settings({ adminSecret: clerk }));

    // THEN
    await expect(rotation).rejects.toMatchObject({
      code: "AdministratorLacksPrivilege",
      message: expect.stringContaining('ALTER ROLE "clerk" CREATEROLE') as unknown,
    });
    expect(await logsIn(await store.value(app))).toBe(true);

    // WHEN
    const { resumed } = await rotateBy();

    // THEN
    expect(resumed).toBe(true);
    expect(await logsIn(await store.value(app))).toBe(true);
  });

  it("needs ADMIN OPTION of a role that somebody else made, since PostgreSQL 16, and no more", async () => {
    // GIVEN
    await postgres.query(`CREATE ROLE ${app} LOGIN PASSWORD '${PASSWORD}'`);
    await store.create(app, JSON.stringify({ username: app, password: PASSWORD }));
    const [server] = await postgres.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int AS version",
    );

    // THEN
    if (server!.version >= 160_000) {
      const statement = `GRANT "${app}" TO "master" WITH ADMIN OPTION`;
      await expect(rotateBy()).rejects.toMatchObject({
        code: "AdministratorLacksPrivilege",
        message: expect.stringContaining(statement) as unknown,
      });
      await postgres.query(statement);
    }
    for (let rotation = 0; rotation < 2; rotation++) {
      await rotateBy();
      expect(await logsIn(await store.value(app))).toBe(true);
    }
  });

  it("is told what to run where only a superuser can give something away", async () => {
    // GIVEN a function in a schema that the owner role may not write into
    await adoptUser();
    await postgres.query(`CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42'`, app);
    await postgres.query(`ALTER FUNCTION answer() OWNER TO ${app}`, app);

    // WHEN
    const rotation = rotateBy();

    // THEN
    await expect(rotation).rejects.toMatchObject({
      code: "AdministratorLacksPrivilege",
      message: expect.stringMatching(
        /function.*answer.*permission denied for schema public.*GRANT CREATE ON SCHEMA/,
      ) as unknown,
    });

    // WHEN
    await asMaster(`CREATE ROLE ${app}_owner; GRANT CREATE ON SCHEMA public TO ${app}_owner`);
    await rotateBy();

    // THEN
    expect(await asApp("SELECT answer()")).toEqual([{ answer: 42 }]);
  });

  describe("of others' roles", () => {
    it("is told which attributes the owner role would need", async () => {
      // GIVEN
      await adoptUser();
      await postgres.query(`ALTER ROLE ${app} BYPASSRLS`);
      const rds = await store.create(`${app}-superuser`, superuser());

      // WHEN
      const rotation = rotateBy(settings({ adminSecret: rds }));

      // THEN
      await expect(rotation).rejects.toMatchObject({
        code: "RolePrivilegesDirect",
        message: expect.stringContaining(`ALTER ROLE "${app}_owner" BYPASSRLS`) as unknown,
      });
      expect(await logsIn(await store.value(app))).toBe(true);
    });

    it("is told of default privileges, which the owner role's tables would lack", async () => {
      // GIVEN
      await adoptUser();
      await asMaster(`CREATE ROLE ${app}_readers`);
      await as({ user: app, password: PASSWORD }, `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${app}_readers`);

      // WHEN
      const rotation = rotateBy();

      // THEN
      await expect(rotation).rejects.toMatchObject({
        code: "RolePrivilegesDirect",
        message: expect.stringContaining(`ALTER DEFAULT PRIVILEGES FOR ROLE "${app}_owner"`) as unknown,
      });

      // WHEN
      await as(
        { user: app, password: PASSWORD },
        `ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM ${app}_readers`,
      );
      await rotateBy();

      // THEN
      expect(await logsIn(await store.value(app))).toBe(true);
    });
  });

  it("runs nothing of what an application puts into its search path", async () => {
    // GIVEN an application that was broken into, and an administrator who is a superuser
    await store.create(app);
    const adminSecret = await store.create(`${app}-superuser`, superuser());
    const by = settings({ adminSecret: adminSecret });
    await asMaster("GRANT CREATE ON DATABASE " + app + " TO PUBLIC");
    await rotateBy(by);
    await asApp(`
      CREATE SCHEMA evil;
      CREATE TABLE evil.seen (who name);
      GRANT ALL ON SCHEMA evil TO PUBLIC; GRANT ALL ON evil.seen TO PUBLIC;
      CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS
        'INSERT INTO evil.seen VALUES (current_user); SELECT pg_catalog.current_database()'`);
    await asApp(`SET ROLE NONE; ALTER ROLE ${app} SET search_path TO evil, "My App", pg_catalog`);

    // WHEN
    await rotateBy(by);

    // THEN
    expect(await postgres.query("SELECT who FROM evil.seen", app)).toEqual([]);
    expect((await store.value(app)).username).toBe(`${app}_clone`);
    expect(await asApp("SHOW search_path")).toEqual([{ search_path: 'evil, "My App", pg_catalog' }]);
  });

  it("is told which setting of a user he may not give to the other", async () => {
    // GIVEN
    await adoptUser();
    await postgres.query(`ALTER ROLE ${app} SET "app.tenant" TO 'birds'`);

    // THEN
    const statement = 'GRANT SET ON PARAMETER "app"."tenant" TO "master"';
    await expect(rotateBy()).rejects.toMatchObject({
      code: "AdministratorLacksPrivilege",
      message: expect.stringContaining(statement) as unknown,
    });

    // WHEN
    await postgres.query(statement);
    await rotateBy();

    // THEN
    expect(await asApp('SHOW "app.tenant"')).toEqual([{ "app.tenant": "birds" }]);
  });

  it("gives one user exactly the settings of the other, whatever they hold", async () => {
    // GIVEN
    await asMaster(`CREATE ROLE ${app}; CREATE ROLE ${app}_clone`);
    const text = fc.string({ unit: "binary", maxLength: 10 }).filter((value) => !/[\0\ud800-\udfff]/.test(value));
    const client = new Client({ connectionString: postgres.url(app) });
    await client.connect();
    const settingsOf = async (role: string) => {
      const { rows } = await client.query(
        "SELECT setdatabase, setconfig FROM pg_db_role_setting WHERE setrole = $1::regrole ORDER BY setdatabase",
        [role],
      );
      return rows as unknown[];
    };
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 3 }), text, async (path, name) => {
          const list = path.map(escapeLiteral).join(", ");
          await client.query(
            `ALTER ROLE ${app} SET search_path TO ${list}; ALTER ROLE ${app} SET datestyle TO 'ISO, DMY'`,
          );
          await client.query(`ALTER ROLE ${app} IN DATABASE ${app} SET "app.tenant" TO ${escapeLiteral(name)}`);

          // WHEN
          await copySettings(client, app, `${app}_clone`);

          // THEN
          expect(await settingsOf(`${app}_clone`)).toEqual(await settingsOf(app));
        }),
        { numRuns: 30 },
      );
    } finally {
      await client.end();
    }
  });

  it("changes nobody but the users of the rotation, whatever stands in the pending version", async () => {
    // GIVEN somebody who may write the secret, and no more
    await adoptUser();
    const before = await store.stages(app);
    const pending = JSON.stringify({ username: "master", password: "mine" });
    await store.versionsOf(app).putPending("0123456789abcdef0123456789abcdef", pending);

    // WHEN
    const rotation = rotateBy();

    // THEN
    await expect(rotation).rejects.toMatchObject({
      code: "RotationLost",
      message: expect.stringContaining("master") as unknown,
    });
    expect((await store.stages(app)).AWSCURRENT).toBe(before.AWSCURRENT);
    expect(await asMaster("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("is never the user who is rotated", async () => {
    await store.create(app);
    for (const username of ["master", "master_clone"]) {
      const own = await store.create(`${app}-${username}`, JSON.stringify({ username, password: PASSWORD }));
      await expect(rotateBy(settings({ username: "master", adminSecret: own }))).rejects.toMatchObject({
        code: "RotationOfAdministrator",
      });
    }
  });

  it("does not change a password where the secret does not say whose is in use", async () => {
    await store.create(app, "postgresql://somebody:else@somewhere");
    await expect(rotateBy()).rejects.toMatchObject({ code: "SecretUnreadable" });
    expect(await store.stages(app)).not.toHaveProperty("AWSPENDING");
  });

  it("holds a lock that ends with its session, which the server ends when nobody is there", async () => {
    const connect = async () => {
      const client = new Client({
        host: "127.0.0.1",
        port: postgres.port,
        database: app,
        user: "master",
        password: PASSWORD,
      });
      await client.connect();
      return client;
    };
    const [one, two] = [await connect(), await connect()];
    try {
      // GIVEN
      await beginAdminSession(one, "somebody");

      // THEN
      const { rows } = await one.query("SHOW idle_session_timeout");
      expect(rows).toEqual([{ idle_session_timeout: "2min" }]);
      await expect(beginAdminSession(two, "somebody", 100)).rejects.toMatchObject({
        code: "RotationLocked",
        message: expect.stringMatching(/process \d+ of the user "master"/) as unknown,
      });

      // WHEN
      await one.end();

      // THEN
      await beginAdminSession(two, "somebody", 5_000);
    } finally {
      await one.end();
      await two.end();
    }
  });

  function superuser(): string {
    const { username, password } = new URL(postgres.url());
    return JSON.stringify({ username, password });
  }
});
