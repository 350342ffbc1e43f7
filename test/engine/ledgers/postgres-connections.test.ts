import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { escapeLiteral } from "pg";
import { PostgresConnections } from "../../../lib/engine/ledgers/postgres-connections";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";

requires("postgres")("connections with a login that rotates", () => {
  let postgres: PostgresServer;
  let login: URL;
  let asked: number;
  let connections: PostgresConnections;

  beforeAll(async () => {
    postgres = await startPostgres();
    login = new URL(await postgres.createDatabase("shop"));
    login.username = "shop";
    await postgres.query("create role shop login");
  });
  beforeEach(async () => {
    asked = 0;
    await rotate("first");
    connections = new PostgresConnections({
      description: "the database of the test",
      url: async () => {
        asked++;
        return login.href;
      },
    });
  });
  afterEach(() => connections.close());
  afterAll(() => postgres.stop());

  /** A rotation of a single user: the server first, the secret later. */
  async function rotate(password: string, secretAfterMilliseconds = 0): Promise<void> {
    await postgres.query(`alter role shop password ${escapeLiteral(password)}`);
    if (secretAfterMilliseconds > 0) await new Promise((later) => setTimeout(later, secretAfterMilliseconds));
    login.password = password;
  }

  const currentUser = async () => (await connections.reader.query("select current_user as name")).rows[0];

  it("are made with the login of the moment", async () => {
    for (const password of ["second", "third"]) {
      await rotate(password);
      const client = await connections.connect();
      expect((await client.query("select current_user as name")).rows).toEqual([{ name: "shop" }]);
      await client.end();
    }
    expect(asked).toBe(2);
  });

  it("wait while a rotation has changed the server and not yet the secret", async () => {
    // WHEN
    const rotated = rotate("fourth", 700);
    await new Promise((soon) => setTimeout(soon, 200));
    const client = await connections.connect();

    // THEN
    await client.end();
    await rotated;
    expect(asked).toBeGreaterThan(1);
  });

  it("read on after a rotation that ended the session", async () => {
    // GIVEN
    expect(await currentUser()).toEqual({ name: "shop" });

    // WHEN
    await rotate("fifth");
    await postgres.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'");
    await new Promise((soon) => setTimeout(soon, 100));

    // THEN
    expect(await currentUser()).toEqual({ name: "shop" });
  });

  it("answer all who read at once after a rotation that ended the session", async () => {
    // GIVEN
    await currentUser();
    await rotate("sixth");
    await postgres.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'");
    await new Promise((soon) => setTimeout(soon, 100));

    // WHEN
    const users = await Promise.all(Array.from({ length: 5 }, currentUser));

    // THEN
    expect(users).toEqual(Array.from({ length: 5 }, () => ({ name: "shop" })));
  });

  it("read again after a secret could not be fetched once", async () => {
    // GIVEN
    const refused = [new Error("nobody answers")];
    const flaky = new PostgresConnections({
      description: "the database of the test",
      url: async () => {
        const error = refused.pop();
        if (error) throw error;
        return login.href;
      },
    });
    const read = () => flaky.reader.query("select 1 as one");
    await expect(read()).rejects.toThrow("nobody answers");

    // THEN
    expect((await read()).rows).toEqual([{ one: 1 }]);
    await flaky.close();
  });

  it("do not try a URL again that is written out: nothing would change it", async () => {
    login.password = "wrong";
    const fixed = new PostgresConnections(login.href);
    const begin = Date.now();
    await expect(fixed.connect()).rejects.toMatchObject({ code: "28P01" });
    expect(Date.now() - begin).toBeLessThan(1000);
  });
});
