import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { startDatabases, stopDatabases } from "../../lib/testing/postgres/development";
import { freePort } from "../../lib/testing/postgres/free-port";
import { requires } from "../support/requirements";

const variable = "SHOP_DATABASE_URL";

requires("postgres")("the databases of a project", () => {
  let project: string;
  let port: number;
  let data: string | undefined;
  const url = (name: string, change: { port?: number; host?: string } = {}) =>
    `postgresql://postgres:s%40fe@${change.host ?? "127.0.0.1"}:${change.port ?? port}/${name}`;
  const write = (environment: string, value: string) =>
    writeFileSync(join(project, `.sterna/${environment}.env`), `${variable}=${value}\n`);

  beforeEach(async () => {
    project = mkdtempSync(join(tmpdir(), "sterna-databases-"));
    mkdirSync(join(project, ".sterna"));
    port = await freePort();
  });
  afterEach(async () => {
    await stopDatabases({ variable, project }).catch(() => false);
    rmSync(project, { recursive: true, force: true });
    if (data !== undefined) rmSync(data, { recursive: true, force: true });
  });

  it("start once, keep their data over a stop, and grow with the environments", async () => {
    // GIVEN
    write("development", url("shop_development"));
    const first = await startDatabases({ variable, project });
    data = first.directory;
    await query(url("shop_development"), "create table t (n int)");

    // WHEN
    write("staging", url("shop-staging"));
    const again = await startDatabases({ variable, project });
    const stopped = [await stopDatabases({ variable, project }), await stopDatabases({ variable, project })];
    await startDatabases({ variable, project });

    // THEN
    expect(first.databases).toEqual(["shop_development"]);
    expect(again.databases).toEqual(["shop_development", "shop-staging"]);
    expect(stopped).toEqual([true, false]);
    expect(await query(url("shop_development"), "select count(*)::int as n from t")).toEqual([{ n: 0 }]);
    expect(await query(url("shop-staging"), "select 1 as n")).toEqual([{ n: 1 }]);
  }, 120_000);

  it("are refused where a URL names another server, or none", async () => {
    await expect(startDatabases({ variable, project })).rejects.toMatchObject({ code: "InvalidDatabases" });

    write("development", url("shop_development"));
    write("staging", url("shop_staging", { host: "db.example.org" }));
    await expect(startDatabases({ variable, project })).rejects.toMatchObject({
      code: "InvalidDatabases",
      message: expect.stringMatching(/staging\.env is not on the server of .*development\.env/),
    });

    write("staging", "not a url");
    await expect(startDatabases({ variable, project })).rejects.toMatchObject({ code: "InvalidDatabases" });
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}
