import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import type { Ledger } from "../../../lib/engine/ledgers/ledger";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import { program, type ProgramInput } from "../../support/program";
import type { StepDefinition, StepRecord } from "../../../lib/manifest/step-record";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";

const SCOPE = { system: "shop", environment: "staging" };
const COUNT: ProgramInput = {
  kind: "command",
  up: "for n in 1 2 3 4 5 6 7 8; do echo $n of 8; sleep 0.5; done",
  verify: [{ query: "echo ok", expected: "ok" }],
};

/** Applies a step, and collects what its ledger says meanwhile. */
async function watch(
  id: string,
  input: ProgramInput,
  ledger: Ledger,
): Promise<{ seen: StepRecord[]; last: StepRecord }> {
  let over = false;
  const applied = applyStep(definition(id, input), ledger).finally(() => (over = true));
  const seen: StepRecord[] = [];
  while (!over) {
    const row = await ledger.get(id);
    if (row?.progress !== undefined) seen.push(row);
    await sleep(100);
  }
  await applied;
  return { seen, last: (await ledger.get(id))! };
}

describe("the progress of a step in a file ledger", () => {
  const directory = scratchDirectory("progress");
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("stands in its row while it runs, and with it who works on it, and is gone afterwards", async () => {
    const { seen, last } = await watch("count", COUNT, new FileLedger(join(directory, "ledger"), SCOPE));

    expect(seen[0]).toMatchObject({ status: "running", progress: { message: expect.stringMatching(/^[345] of 8$/) } });
    expect(seen[0]!.worker).toMatchObject({ runner: { pid: process.pid }, command: { pid: expect.any(Number) } });
    expect(last.status).toBe("applied");
    expect(last).not.toHaveProperty("progress");
    expect(last).not.toHaveProperty("worker");
  });
});

requires("postgres")("the progress of a step in a database", () => {
  let server: PostgresServer;
  let ledger: PostgresLedger;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createDatabase("progress");
    // The isolation under which a second writer of the step's row would break the step.
    await server.query("alter database progress set default_transaction_isolation = 'serializable'");
    ledger = new PostgresLedger({ url, schema: "sterna", scope: SCOPE });
    process.env.PROGRESS_URL = url;
  });
  afterAll(async () => {
    delete process.env.PROGRESS_URL;
    await ledger?.close();
    await server?.stop();
  });
  const sql = (up: string): ProgramInput => ({
    kind: "sql",
    database: { env: "PROGRESS_URL" },
    up,
    verify: [{ query: "select 1", expected: "1" }],
  });

  it("is seen while the step's transaction is open, and does not get in its way", async () => {
    const { seen, last } = await watch("slow", sql("create table slow (id int); select pg_sleep(5)"), ledger);

    expect(seen[0]).toMatchObject({ status: "running", progress: { message: "began" } });
    expect(last).toMatchObject({ status: "applied" });
    expect(last).not.toHaveProperty("progress");
  });

  it("is that of the attempt that runs, never of an earlier one", async () => {
    // GIVEN
    await expect(watch("twice", sql("select pg_sleep(3); select 1/0"), ledger)).rejects.toThrow("division by zero");
    expect(await server.query("select id from sterna.progress where id = 'twice'", "progress")).toHaveLength(1);

    // WHEN
    const applied = applyStep(definition("twice", sql("select pg_sleep(1)")), ledger);
    await sleep(700);
    const row = (await ledger.list()).find(({ id }) => id === "twice");
    await applied;

    // THEN
    expect(row).toMatchObject({ status: "running", attempt: 2 });
    expect(row).not.toHaveProperty("progress");
  });

  it("never fails a step, also where the note cannot be written", async () => {
    // GIVEN
    await server.query(
      "drop table if exists sterna.progress; create view sterna.progress as select 1 as one",
      "progress",
    );

    // WHEN
    const { last } = await watch("unnoted", sql("select pg_sleep(3)"), ledger);

    // THEN
    expect(last.status).toBe("applied");
    await server.query("drop view sterna.progress", "progress");
  });

  it("works for commands too, whose ledger is a database", async () => {
    const { seen, last } = await watch("count", COUNT, ledger);

    expect(seen[0]).toMatchObject({ progress: { message: expect.stringMatching(/ of 8$/) } });
    expect(last.status).toBe("applied");
  });
});

function definition(id: string, input: ProgramInput): StepDefinition {
  return {
    ...SCOPE,
    ...{ id, release: "1.0.0", title: id, phase: "migrate", program: program.parse(input) },
    ...{ variables: {}, after: [], onRetry: "resume", onStop: "stop", onDestroy: "rollback" },
  };
}
