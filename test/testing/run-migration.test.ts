import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { App } from "cdktf";
import { SecretReference } from "../../lib/core/references";
import { EnvironmentChain } from "../../lib/environments/environment";
import { Ledger } from "../../lib/environments/ledger";
import { SystemStack } from "../../lib/environments/system-stack";
import { Migration } from "../../lib/migrations/migration";
import { Release } from "../../lib/releases/release";
import { SqlStep } from "../../lib/steps/sql/step";
import { CommandStep } from "../../lib/steps/command/step";
import { expectReversible, TestRun } from "../../lib/testing/run-migration";
import { planOf, stepsOf } from "../../lib/testing/steps-of";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { requires } from "../support/requirements";

interface Change {
  readonly up: string;
  readonly down: string;
  readonly query: string;
}

function makeStack(release = "1.1.0"): SystemStack {
  const environment = new EnvironmentChain([{ name: "test" }]).get("test");
  const releases = ["1.0.0", "1.1.0", "1.2.0"].map((version) => new Release(version));
  return new SystemStack(new App(), { system: "shop", environment, releases, release, ledger: Ledger.file() });
}

function migrate(
  stack: SystemStack,
  changes: Readonly<Record<string, Change>>,
  from = "1.0.0",
  to = "1.1.0",
): Migration {
  return new Migration(stack, `to-${to}`, {
    from,
    to,
    acknowledge: { MigrationWithoutBackup: "test data" },
    steps: (migration) => {
      for (const [id, { up, down, query }] of Object.entries(changes)) {
        const database = SecretReference.environment("SHOP_DATABASE_URL");
        const acknowledge = {
          ...(up.includes("create index") && { SqlIndexBlocksWrites: "no rows" }),
          ...(query === ALWAYS && { SqlVerifiesNothing: "the way back is tested" }),
        };
        new SqlStep(migration, id, {
          phase: "migrate",
          database,
          up,
          down,
          acknowledge,
          verify: [{ query, expected: true }],
        });
      }
    },
  });
}

/** Every database has the same answer, so a step that is verified by it has to acknowledge that. */
const ALWAYS = "select true";
const TABLE = { up: "create table t (n int)", down: "drop table t", query: "select to_regclass('t') is not null" };

requires("postgres")("a migration on a database of its own", () => {
  let server: PostgresServer;
  beforeAll(async () => void (server = await startPostgres()), 60_000);
  afterAll(() => server?.stop());

  it("is accepted if its rollback restores everything", async () => {
    await expectReversible(migrate(makeStack(), { one: TABLE }), { server });
  });

  it.each<[string, Change, RegExp]>([
    ["a table", { ...TABLE, down: "select 1" }, /left: +table public\.t$/m],
    [
      "a column of another type",
      {
        up: "alter table seed alter n type bigint",
        down: "alter table seed alter n type smallint",
        query: ALWAYS,
      },
      /missing: column public\.seed\.n integer[^]*left: +column public\.seed\.n smallint/,
    ],
    [
      "a default",
      { up: "alter table seed alter n set default 7", down: "select 1", query: ALWAYS },
      /left: +column public\.seed\.n integer default 7/,
    ],
    [
      "an index",
      { up: "create index seed_n on seed (n)", down: "select 1", query: ALWAYS },
      /left: +index public\.seed_n/,
    ],
    [
      "a constraint",
      { up: "alter table seed add constraint positive check (n > 0)", down: "select 1", query: ALWAYS },
      /left: +constraint seed\.positive CHECK/,
    ],
    [
      "a function",
      {
        up: "create function two() returns int language sql as 'select 2'",
        down: "select 1",
        query: "select two() = 2",
      },
      /left: +function public\.two/,
    ],
    [
      "a value of an enum",
      { up: "alter type mood add value 'sad'", down: "select 1", query: ALWAYS },
      /missing: type public\.mood happy$[^]*left: +type public\.mood happy, sad/m,
    ],
    ["a schema", { up: "create schema extra", down: "select 1", query: ALWAYS }, /left: +schema extra/],
    [
      "the values of rows",
      { up: "update seed set n = n + 1", down: "select 1", query: ALWAYS },
      /missing: rows of public\.seed: 2, digest \w+[^]*left: +rows of public\.seed: 2/,
    ],
  ])("is refused if its rollback leaves %s behind", async (_, change, difference) => {
    // GIVEN
    const seed = "create table seed (n int); insert into seed values (1), (2); create type mood as enum ('happy')";

    // WHEN
    const done = expectReversible(migrate(makeStack(), { one: change }), { server, seed });

    // THEN
    await expect(done).rejects.toMatchObject({
      code: "MigrationNotReversible",
      message: expect.stringMatching(difference),
    });
  });

  it("is refused if it gives another result the second time", async () => {
    // GIVEN a row that only the first apply does not find
    const seed = "create table log (n int)";
    const up = "create table t (n int); insert into t select count(*) from log";
    const down = "drop table t; select set_config('x.y', 'z', true)";
    const once = { ...TABLE, up: `${up}; insert into log values (1)`, down: `${down}` };

    // WHEN
    const done = expectReversible(migrate(makeStack(), { one: once }), { server, seed });

    // THEN the rollback is at fault first
    await expect(done).rejects.toMatchObject({
      code: "MigrationNotReversible",
      message: expect.stringContaining("rows of public.log"),
    });
  });

  it("runs after the migrations that lead to it, which stay", async () => {
    // GIVEN
    const stack = makeStack("1.2.0");
    migrate(stack, { one: TABLE });
    const alter = { up: "alter table t add m int", down: "alter table t drop m", query: ALWAYS };

    // WHEN, THEN
    await expectReversible(migrate(stack, { two: alter }, "1.1.0", "1.2.0"), { server });
  });

  it("is refused where the release has not reached it: such a test would prove nothing", async () => {
    const done = expectReversible(migrate(makeStack("1.0.0"), { one: TABLE }), { server });

    await expect(done).rejects.toMatchObject({ message: expect.stringContaining("pin the stack to 1.1.0") });
  });

  it("can be applied and reverted step by step, with queries in between", async () => {
    // GIVEN
    const stack = makeStack();
    const fill = {
      up: "insert into t values (7)",
      down: "delete from t where n = 7",
      query: "select count(*) = 1 from t",
    };
    migrate(stack, { one: TABLE, two: fill });
    process.env.SHOP_DATABASE_URL = "untouched";
    const run = await TestRun.open(stack, { server });
    try {
      // WHEN, THEN
      await run.apply(["one"]);
      expect(await run.query("select count(*)::int as n from t")).toEqual([{ n: 0 }]);
      await run.apply();
      await run.apply();
      expect(await run.query("select n from t")).toEqual([{ n: 7 }]);
      await run.revert(["two"]);
      expect(await run.query("select n from t")).toEqual([]);
      await run.revert();
      expect(await run.state()).toEqual([]);
    } finally {
      await run.close();
    }

    // AND nothing stays
    expect(process.env.SHOP_DATABASE_URL).toBe("untouched");
    delete process.env.SHOP_DATABASE_URL;
    const databases = await server.query<{ datname: string }>("select datname from pg_database");
    expect(databases.filter(({ datname }) => datname.startsWith("sterna_test"))).toEqual([]);
  });

  it("reports the statement of a step that fails, and removes its database", async () => {
    const done = expectReversible(migrate(makeStack(), { one: { ...TABLE, up: "create table t (n nonsense)" } }), {
      server,
    });

    await expect(done).rejects.toThrow(/type "nonsense" does not exist/);
  });
});

describe("stepsOf and planOf", () => {
  it("give the steps in the order in which they run, with what a rollback does", () => {
    // GIVEN a step that comes after a later one
    const stack = makeStack();
    new Migration(stack, "mixed", {
      from: "1.0.0",
      to: "1.1.0",
      acknowledge: { MigrationWithoutBackup: "test" },
      steps: (migration) => {
        const verify = [{ query: "true", expected: "" }];
        new CommandStep(migration, "first", {
          phase: "migrate",
          after: ["second"],
          up: "true",
          down: "echo back",
          verify,
        });
        new CommandStep(migration, "second", {
          phase: "migrate",
          after: [],
          up: "true",
          irreversible: "mails are sent",
          verify,
        });
      },
    });

    // THEN
    expect(stepsOf(stack).map(({ id }) => id)).toEqual(["second", "first"]);
    expect(planOf(stack)).toMatchObject([
      { id: "second", release: "1.1.0", phase: "migrate", undo: ["cannot be undone: mails are sent"] },
      { id: "first", undo: [expect.stringContaining("echo back")] },
    ]);
  });

  it("give nothing for a release without steps", () => {
    const stack = makeStack("1.0.0");
    migrate(stack, { one: TABLE });

    expect(planOf(stack)).toEqual([]);
  });
});
