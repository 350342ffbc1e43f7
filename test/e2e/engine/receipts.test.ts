import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineWorkspace, type StepInput } from "../../support/engine-workspace";
import { expectExit } from "../../support/expect-exit";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";

const STEP: StepInput = {
  id: "s1",
  program: {
    kind: "sql",
    database: { env: "SHOP_DATABASE_URL" },
    up: "create table s1 (n int)",
    down: "drop table s1",
    verify: [{ query: "select count(*) from s1", expected: "0" }],
  },
};

requires("terraform", "postgres")("the receipt of an SQL step in a ledger that cannot be written for a while", () => {
  let server: PostgresServer;
  let databases = 0;
  let workspace: EngineWorkspace;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server.stop());
  beforeEach(async () => {
    const url = await server.createDatabase(`receipts_${++databases}`);
    workspace = EngineWorkspace.withFileLedger({ SHOP_DATABASE_URL: url });
    workspace.configure([STEP]);
    await workspace.init();
  });
  afterEach(() => workspace.remove());

  /** A ledger whose place something else has taken. */
  const withoutLedger = async (work: () => Promise<void>): Promise<void> => {
    const ledger = join(workspace.directory, "ledger");
    renameSync(ledger, `${ledger}.away`);
    writeFileSync(ledger, "");
    await work();
    rmSync(ledger);
    renameSync(`${ledger}.away`, ledger);
  };

  it("is written by the next apply", async () => {
    // GIVEN
    writeFileSync(join(workspace.directory, "ledger"), "");
    const failed = await workspace.apply();
    rmSync(join(workspace.directory, "ledger"));

    // WHEN
    const applied = await workspace.apply();

    // THEN
    expect(failed.stderr).toContain("[LedgerUnreachable]");
    expectExit(applied);
    expect(await workspace.ledgerRows()).toEqual({ s1: "applied" });
  });

  it("is removed by the next apply after the step was undone: it must not prove what is no longer there", async () => {
    // GIVEN
    expectExit(await workspace.apply());
    workspace.configure([]);
    await withoutLedger(async () => {
      const failed = await workspace.apply();
      expect(failed.stderr).toContain("[LedgerUnreachable]");
    });

    // WHEN
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expect(await workspace.ledgerRows()).toEqual({});
  });
});
