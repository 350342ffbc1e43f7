import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import { ledgerConformance, record } from "../../support/ledger-conformance";
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
    await expect(reading).rejects.toMatchObject({ code: "DatabaseRefused" });
    await expect(reading).rejects.toThrow(`database nowhere on 127.0.0.1:${server.port}`);
    await expect(reading).rejects.not.toThrow("canary-4711");
  });

  it("answers many who ask at once, and asks again after its connection was lost", async () => {
    // GIVEN
    const ledger = new PostgresLedger({ url, schema: "sterna", scope: SCOPE });
    await ledger.withLock("a", (session) => session.put(record("a")));

    // WHEN
    const before = await Promise.all(Array.from({ length: 20 }, () => ledger.get("a")));
    await server.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sterna'");
    await sleep(500);
    const after = await ledger.get("a");
    await ledger.close();

    // THEN
    expect(new Set([...before, after].map((row) => row?.id))).toEqual(new Set(["a"]));
  });

  it.each([
    ["is none", "no url at all: canary-4711", "DatabaseUrlInvalid"],
    ["has a slash in its password", "postgresql://app:canary/4711@127.0.0.1/shop", "DatabaseUrlInvalid"],
    ["has a number sign in its password", "postgresql://app:47#canary-4711@127.0.0.1/shop", "LedgerUnreachable"],
    ["has a question mark in its password", "postgresql://app:47?canary-4711@127.0.0.1/shop", "LedgerUnreachable"],
    [
      "names a certificate that is missing",
      "postgresql://app:canary-4711@127.0.0.1/shop?sslrootcert=/nowhere/ca.pem",
      "LedgerUnreachable",
    ],
  ])("is unreachable, without a word of its password, when its URL %s", async (_what, wrong, expected) => {
    // GIVEN
    const ledger = new PostgresLedger({ url: wrong, schema: "sterna", scope: SCOPE });

    // WHEN
    const ended = await Promise.allSettled([ledger.list(), ledger.withLock("a", () => Promise.resolve())]);
    await ledger.close();

    // THEN
    for (const result of ended) {
      const { code, message } = (result as PromiseRejectedResult).reason;
      expect(code).toBe(expected);
      expect(message).not.toMatch(/canary|4711/);
    }
  });
});
