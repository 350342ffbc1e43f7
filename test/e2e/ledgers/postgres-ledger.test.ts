import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import { ledgerConformance } from "../../support/ledger-conformance";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";

const SCOPE = { system: "shop", environment: "staging" };

requires("postgres")("the ledger in PostgreSQL", () => {
  let server: PostgresServer;
  let url: string;
  let databases = 0;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase(`ledger_${++databases}`);
  });

  ledgerConformance((scope = SCOPE) => new PostgresLedger({ url, schema: "sterna", scope }));

  it("creates nothing by being read", async () => {
    // WHEN
    const ledger = new PostgresLedger({ url, schema: "sterna", scope: SCOPE });
    await ledger.list();
    await ledger.close();

    // THEN
    const schemas = await server.query("select 1 from pg_namespace where nspname = 'sterna'", `ledger_${databases}`);
    expect(schemas).toEqual([]);
  });

  it("names host and database, never the password, when it cannot be reached", async () => {
    // GIVEN
    const unreachable = new PostgresLedger({
      url: `postgresql://app:canary-4711@127.0.0.1:${server.port}/nowhere`,
      schema: "sterna",
      scope: SCOPE,
    });

    // WHEN
    const reading = unreachable.list();

    // THEN
    await expect(reading).rejects.toMatchObject({ code: "LedgerUnreachable" });
    await expect(reading).rejects.toThrow(`database nowhere on 127.0.0.1:${server.port}`);
    await expect(reading).rejects.not.toThrow("canary-4711");
  });
});
