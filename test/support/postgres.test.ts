import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { Client } from "pg";
import { startPostgres, type PostgresServer } from "./postgres";
import { embeddedPostgres } from "../../lib/testing/postgres/binaries";
import { requires } from "./requirements";
import { canReach } from "../../lib/testing/postgres/unprivileged-account";

requires("postgres")("a throw-away PostgreSQL server", () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);

  afterAll(() => server.stop());

  test("speaks UTF-8 and UTC, whatever the machine's locale", async () => {
    const [row] = await server.query(
      "SELECT current_setting('server_encoding') AS encoding, current_setting('lc_collate') AS collation, current_setting('timezone') AS zone",
    );
    expect(row).toEqual({ encoding: "UTF8", collation: "C", zone: "UTC" });
  });

  test("makes databases whose names need quoting", async () => {
    // GIVEN
    const url = await server.createDatabase('a "quoted" name é');
    const client = new Client({ connectionString: url });
    // WHEN
    await client.connect();
    const { rows } = await client.query("SELECT current_database() AS name");
    await client.end();
    // THEN
    expect(rows).toEqual([{ name: 'a "quoted" name é' }]);
  });

  test("refuses a wrong password", async () => {
    const url = new URL(server.url());
    url.password = "wrong";
    const client = new Client({ connectionString: url.href });
    await expect(client.connect()).rejects.toThrow("password authentication failed");
  });

  test("gives the rows of the last of several statements", async () => {
    await expect(server.query("SELECT 1 AS a; SELECT 2 AS b")).resolves.toEqual([{ b: 2 }]);
  });

  test("keeps committed rows when the postmaster is killed and restarted", async () => {
    // GIVEN
    const { port } = server;
    await server.query("CREATE TABLE survivors (name text); INSERT INTO survivors VALUES ('a row')");
    // WHEN
    server.kill();
    await server.restart();
    // THEN
    expect(server.port).toBe(port);
    await expect(server.query("SELECT name FROM survivors")).resolves.toEqual([{ name: "a row" }]);
  }, 60_000);
});

describe("stopping a server", () => {
  const embedded = embeddedPostgres();
  (embedded === undefined ? test.skip : test)(
    "removes its folder and frees its port, and may be done twice (server of the npm package)",
    async () => {
      // GIVEN
      const server = await startPostgres({ binaries: embedded });
      const connection = { connectionString: server.url(), connectionTimeoutMillis: 1000 };
      await expect(server.query("SELECT 1 AS one")).resolves.toEqual([{ one: 1 }]);
      // WHEN
      await server.stop();
      await server.stop();
      // THEN
      expect(existsSync(server.directory)).toBe(false);
      await expect(new Client(connection).connect()).rejects.toThrow("ECONNREFUSED");
    },
    120_000,
  );

  test("says why a server did not start, with its log", async () => {
    const start = startPostgres({ settings: { max_connections: "many" } });
    await expect(start).rejects.toThrow(/PostgreSQL did not start[^]*max_connections/);
  }, 60_000);
});

describe("canReach", () => {
  test("is true for this process itself, and for the top folder for anybody", () => {
    expect(canReach(undefined, "/nowhere")).toBe(true);
    expect(canReach({ uid: 4242, gid: 4242 }, "/")).toBe(true);
  });
});
