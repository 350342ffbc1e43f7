import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rotate, ROTATION_STEPS, rotationStep } from "../../lib/rotator/rotation";
import type { RotationSettings } from "../../lib/rotator/settings";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { requires } from "../support/requirements";
import { logsIn, preparePostgresSecret, rotationOf } from "./postgres-secrets";
import { startSecretStore, type AwsSecretStore } from "./aws/secret-store";

const MILLISECONDS = 60_000;

requires("postgres", "moto_server")("a rotation of users of PostgreSQL", () => {
  let store: AwsSecretStore;
  let postgres: PostgresServer;

  beforeAll(async () => {
    [store, postgres] = await Promise.all([
      startSecretStore(),
      startPostgres({ settings: { log_statement: "all", log_min_messages: "info" } }),
    ]);
  }, MILLISECONDS);
  afterAll(async () => {
    await store?.stop();
    await postgres?.stop();
  });

  it(
    "that Secrets Manager only tests, after a change of the schedule, changes nothing and fails nothing",
    async () => {
      // GIVEN a secret whose rotation Secrets Manager tries with a version that has no value
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "tested", "postgresSingleUser");
      const token = randomUUID();
      const rotation = rotationOf(store, secretId, settings);
      const stages = async () => ({ ...(await rotation.versions.stages()), pending: token });
      const versions = Object.assign(Object.create(rotation.versions) as typeof rotation.versions, { stages });
      const before = await store.value(secretId);

      // WHEN
      await rotationStep({ ...rotation, versions }, "testSecret", token);

      // THEN
      expect(await store.value(secretId)).toEqual(before);
      expect(await logsIn(await store.value(secretId))).toBe(true);
    },
    MILLISECONDS,
  );

  it(
    "whose steps come in any other order changes nothing, or refuses",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "order", "postgresSingleUser");
      const step = (name: (typeof ROTATION_STEPS)[number], token: string) =>
        rotationStep(rotationOf(store, secretId, settings), name, token);
      const token = randomUUID();
      const before = await store.stages(secretId);

      // WHEN, THEN
      for (const name of ["setSecret", "testSecret", "finishSecret"] as const) {
        await expect(step(name, token)).rejects.toMatchObject({ code: "RotationLost" });
      }
      await step("createSecret", token);
      await expect(step("testSecret", token)).rejects.toMatchObject({ code: "RotationTestFailed" });
      await expect(step("finishSecret", token)).rejects.toMatchObject({ code: "RotationTestFailed" });
      expect((await store.stages(secretId)).AWSCURRENT).toBe(before.AWSCURRENT);
      expect(await logsIn(await store.value(secretId))).toBe(true);

      // WHEN
      for (const name of ["setSecret", "finishSecret", "testSecret", "createSecret"] as const) await step(name, token);

      // THEN
      expect(await store.stages(secretId)).toEqual({ AWSCURRENT: token, AWSPREVIOUS: before.AWSCURRENT });
      expect(await logsIn(await store.value(secretId))).toBe(true);
    },
    MILLISECONDS,
  );

  it.each(["postgresAlternatingUsers", "postgresSingleUser"] as const)(
    "with %s twice at once ends with one current version that logs in",
    async (strategy) => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(
        store,
        postgres,
        `${strategy.toLowerCase().slice(8)}_race`,
        strategy,
      );

      for (let pair = 0; pair < 4; pair++) {
        // WHEN
        await Promise.allSettled([1, 2].map(() => rotate(rotationOf(store, secretId, settings))));

        // THEN
        await requireLogin(secretId, settings);
      }
    },
    MILLISECONDS,
  );

  async function requireLogin(secretId: string, settings: RotationSettings): Promise<void> {
    const { AWSPENDING } = await store.stages(secretId);
    const logins = [await store.value(secretId), ...(AWSPENDING ? [await store.value(secretId, "AWSPENDING")] : [])];
    expect(await Promise.all(logins.map(logsIn))).toContain(true);
    if (AWSPENDING !== undefined) await rotate(rotationOf(store, secretId, settings));
    expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
    expect(await logsIn(await store.value(secretId))).toBe(true);
  }

  it(
    "finishes the same where AWS takes AWSPENDING off by itself",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "goes", "postgresAlternatingUsers");
      store.strict.options.pendingAfterPromotion = "goes";

      // WHEN
      const { versionId } = await rotate(rotationOf(store, secretId, settings));
      store.strict.options.pendingAfterPromotion = "stays";

      // THEN
      expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: versionId });
      expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
    },
    MILLISECONDS,
  );

  it(
    "never sends a password to the server's log, which holds every statement",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "logged", "postgresAlternatingUsers");

      // WHEN
      await rotate(rotationOf(store, secretId, settings));

      // THEN
      const log = readFileSync(join(postgres.directory, "log"), "utf8");
      expect(log).toContain("ALTER ROLE");
      expect(log).toContain("SCRAM-SHA-256$4096:");
      for (const stage of ["AWSCURRENT", "AWSPREVIOUS"]) {
        expect(log).not.toContain((await store.value(secretId, stage)).password);
      }
    },
    MILLISECONDS,
  );

  it(
    "does not fall back to a session without TLS",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "plain", "postgresSingleUser");

      // WHEN
      const rotation = rotate(rotationOf(store, secretId, { ...settings, tls: {} } as RotationSettings));

      // THEN
      await expect(rotation).rejects.toMatchObject({ code: "ServerWithoutTls" });
    },
    MILLISECONDS,
  );

  it(
    "refuses a server that lets the user in without a password, and would take any",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "trusted", "postgresSingleUser");
      const rules = join(postgres.directory, "data/pg_hba.conf");
      const before = await store.stages(secretId);
      const asked = readFileSync(rules, "utf8");
      writeFileSync(rules, `host all trusted all trust\n${asked}`);
      await postgres.query("SELECT pg_reload_conf()");

      // WHEN
      const rotation = rotate(rotationOf(store, secretId, settings));

      // THEN
      await expect(rotation).rejects.toMatchObject({ code: "ServerAsksNoPassword" });
      expect((await store.stages(secretId)).AWSCURRENT).toBe(before.AWSCURRENT);

      // WHEN
      writeFileSync(rules, asked);
      await postgres.query("SELECT pg_reload_conf()");
      await rotate(rotationOf(store, secretId, settings));

      // THEN
      expect(await logsIn(await store.value(secretId))).toBe(true);
    },
    MILLISECONDS,
  );

  it(
    "leaves what one user makes open to the other, with its search path",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "owned", "postgresAlternatingUsers");
      await postgres.query('CREATE SCHEMA "My App"; GRANT ALL ON SCHEMA "My App" TO owned_owner', "owned");
      await postgres.query(`ALTER ROLE owned SET search_path TO "My App", public`, "owned");
      const as = async (sql: string) => {
        const { Client } = await import("pg");
        const client = new Client({ connectionString: (await store.value(secretId)).url });
        await client.connect();
        try {
          return (await client.query(sql)).rows as unknown[];
        } finally {
          await client.end();
        }
      };
      await as("CREATE TABLE birds (name text)");

      // WHEN
      await rotate(rotationOf(store, secretId, settings));

      // THEN
      expect((await store.value(secretId)).username).toBe("owned_clone");
      await as("INSERT INTO birds VALUES ('tern'); ALTER TABLE birds ADD COLUMN weight int");

      // WHEN
      await rotate(rotationOf(store, secretId, settings));

      // THEN
      expect(await as("SELECT name, weight FROM birds")).toEqual([{ name: "tern", weight: null }]);
      expect(await as("SELECT tableowner FROM pg_tables WHERE tablename = 'birds'")).toEqual([
        { tableowner: "owned_owner" },
      ]);
    },
    MILLISECONDS,
  );

  it(
    "refuses privileges that only one user of the pair has, and says whom to give them to",
    async () => {
      // GIVEN
      const { secretId, settings } = await preparePostgresSecret(store, postgres, "direct", "postgresAlternatingUsers");
      await postgres.query("CREATE TABLE reports (id int); GRANT SELECT ON reports TO direct", "direct");

      // WHEN
      const rotation = rotate(rotationOf(store, secretId, settings));

      // THEN
      await expect(rotation).rejects.toMatchObject({
        code: "RolePrivilegesDirect",
        message: expect.stringMatching(/table public\.reports.*"direct_owner"/) as unknown,
      });
      expect(await logsIn(await store.value(secretId))).toBe(true);

      // WHEN
      await postgres.query("REVOKE ALL ON reports FROM direct; GRANT SELECT ON reports TO direct_owner", "direct");
      const { resumed } = await rotate(rotationOf(store, secretId, settings));

      // THEN
      expect(resumed).toBe(true);
      expect(await logsIn(await store.value(secretId))).toBe(true);
    },
    MILLISECONDS,
  );

  it(
    "takes over a user who owned and could do things before",
    async () => {
      // GIVEN
      await postgres.query("CREATE ROLE readers; CREATE ROLE adopted LOGIN; GRANT readers TO adopted");
      const admin = new URL(await postgres.createDatabase("adopted"));
      await postgres.query("ALTER DATABASE adopted OWNER TO adopted; CREATE TABLE old (id int)", "adopted");
      await postgres.query(
        "ALTER TABLE old OWNER TO adopted; CREATE TABLE read (id int); GRANT SELECT ON read TO readers",
        "adopted",
      );
      const { settings } = await preparePostgresSecret(store, postgres, "other", "postgresAlternatingUsers");
      const adopting = {
        ...settings,
        username: "adopted",
        database: "adopted",
        ownerRole: "adopted_owner",
      } as RotationSettings;
      expect(admin.username).toBe("postgres");
      const secretId = await store.create("adopted");

      // WHEN
      await rotate(rotationOf(store, secretId, adopting));
      await rotate(rotationOf(store, secretId, adopting));

      // THEN
      const { username, url } = await store.value(secretId);
      expect(username).toBe("adopted_clone");
      const { Client } = await import("pg");
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query("SELECT * FROM old; SELECT * FROM read; CREATE TABLE new (id int); DROP TABLE old");
      await client.end();
    },
    MILLISECONDS,
  );
});
