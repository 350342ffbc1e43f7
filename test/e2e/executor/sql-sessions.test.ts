import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { findStep, verifyStep } from "../../../lib/engine/executor/question-step";
import { rollbackStep } from "../../../lib/engine/executor/rollback-step";
import { requires } from "../../support/requirements";
import { SqlStepWorkplace } from "../../support/sql-step-workplace";

const DEFERRED = `
create table t (n int); create table s (n int);
create function f() returns trigger language plpgsql as 'begin insert into public.t values (1); return null; end';
create constraint trigger late after insert on s deferrable initially deferred for each row execute function f();
insert into s values (1)`;

requires("postgres")("an SQL step and its session", () => {
  const db = new SqlStepWorkplace("sessions");

  describe("that fails, says what the server said:", () => {
    it.each<[string, string, string[]]>([
      [
        "the duplicate key of a unique index",
        "create table c (email text);\ninsert into c values ('a@x.org'), ('a@x.org');\n\ncreate unique index c_u on c (email)",
        [
          'could not create unique index "c_u" (SQLSTATE 23505)',
          "line 4 of up:",
          "  create unique index c_u on c (email)",
          "DETAIL: Key (email)=(a@x.org) is duplicated.",
        ],
      ],
      [
        "the line of a typo, with characters that are two in JavaScript before it",
        "select '😀';\n/* 😀 */ select 2;\n  creat table x (id int);",
        ['syntax error at or near "creat" (SQLSTATE 42601)', "line 3 of up:", "    creat table x (id int);", "    ^"],
      ],
      [
        "who depends on a table, and the hint",
        "create table d1 (); create view d2 as select * from d1;\ndrop table d1",
        [
          "DETAIL: view d2 depends on table d1",
          "HINT: Use DROP ... CASCADE to drop the dependent objects too.",
          "line 2 of up:",
        ],
      ],
      [
        "the context of a function",
        "do $$ begin\n perform 1/0;\nend $$",
        ["division by zero (SQLSTATE 22012)", "CONTEXT: ", "PL/pgSQL function inline_code_block line 2 at PERFORM"],
      ],
      [
        "a constraint that is checked at the end of the transaction",
        "create table p (id int primary key); create table f (ref int references p initially deferred); insert into f values (99)",
        ["DETAIL: Key (ref)=(99) is not present", "SQLSTATE 23503"],
      ],
    ])("%s", async (_what, up, lines) => {
      // WHEN
      const message = await db.apply({ up }).then(
        () => "it did not fail",
        (error: Error) => error.message,
      );

      // THEN
      for (const line of lines) expect(message).toContain(line);
      for (const line of lines) expect(readFileSync(join(db.logs, "s1.log"), "utf8")).toContain(line);
    });

    it("and records no value of a row", async () => {
      // WHEN
      const failing = db.apply({
        up: "create table c (email text primary key);\ninsert into c values ('a@x.org'), ('a@x.org')",
      });

      // THEN
      await expect(failing).rejects.toThrow("a@x.org");
      const { error } = (await db.ledger.get("s1"))!;
      expect(error).toBe('duplicate key value violates unique constraint "c_pkey" (SQLSTATE 23505)\nline 2 of up');
    });
  });

  it("says the server's notices and warnings as they come", async () => {
    // WHEN
    await db.apply({
      up: "do $$ begin raise notice 'batch 3 of 4'; raise warning 'slow' using hint = 'vacuum'; end $$",
    });

    // THEN
    expect(db.said).toEqual(["NOTICE: batch 3 of 4", "WARNING: slow\nHINT: vacuum"]);
    expect(readFileSync(join(db.logs, "s1.log"), "utf8")).toContain("NOTICE: batch 3 of 4");
  });

  describe("that changed its session", () => {
    it("as another role leaves its row to the role that logged in", async () => {
      // GIVEN
      await db.query(`create role owner_${db.name}; grant create on schema public to owner_${db.name}`);

      // WHEN
      const definition = {
        up: `set role owner_${db.name}; create table t (n int)`,
        down: `set role owner_${db.name}; drop table t`,
      };
      const applied = await db.apply({
        ...definition,
        verify: [{ query: "select current_user::text", expected: "postgres" }],
      });
      const undone = await rollbackStep(db.step(definition), db.ledger);

      // THEN
      expect([applied.outcome, undone]).toEqual(["ran", "undone"]);
    });

    it.each<[string, string, string, string]>([
      [
        "of pg_dump",
        "select pg_catalog.set_config('search_path', '', false); create table public.t (n int)",
        "select count(*) from t",
        "0",
      ],
      [
        "to another schema",
        "create schema app; create table public.t as select 1 as n; set search_path to app; create table t (n int)",
        "select count(*) from t",
        "1",
      ],
      [
        "by a temporary table",
        "create table t as select 1 as n; create temp table t as select 2 as n",
        "select n from t",
        "1",
      ],
      [
        "by the format of dates",
        "create table t as select date '2025-02-01' as d; set datestyle = 'German'",
        "select d from t",
        "2025-02-01",
      ],
      ["by a constraint trigger that comes at the end", DEFERRED, "select count(*) from t", "1"],
    ])("gets the same answer at apply and later: search path %s", async (_what, up, query, expected) => {
      // WHEN
      const { record } = await db.apply({ up, verify: [{ query, expected }] });
      const later = await verifyStep(record, db.options());

      // THEN
      expect(later).toEqual([{ query, expected, actual: expected }]);
    });

    it("without a transaction, leaves nothing of it to the next statement either", async () => {
      // WHEN
      const { record } = await db.apply({
        transaction: false,
        up: "set datestyle = 'German'; create table t as select date '2025-02-01' as d",
        verify: [{ query: "select d from t", expected: "2025-02-01" }],
      });

      // THEN
      expect(record.status).toBe("applied");
    });
  });

  it("is answered the same in a database with settings of its own", async () => {
    // GIVEN
    for (const setting of [
      "datestyle = 'German'",
      "intervalstyle = 'iso_8601'",
      "bytea_output = 'escape'",
      "extra_float_digits = -5",
      "timezone = 'Asia/Tokyo'",
      "quote_all_identifiers = on",
    ]) {
      await db.query(`alter database ${db.name} set ${setting}`);
    }
    const verify = [
      { query: "select date '2025-02-01'", expected: "2025-02-01" },
      { query: "select date '02/01/2025'", expected: "2025-02-01" },
      { query: "select interval '1 day'", expected: "1 day" },
      { query: "select '\\x00'::bytea", expected: "\\x00" },
      { query: "select 0.1::float8 + 0.2", expected: "0.30000000000000004" },
      { query: "select timestamptz '2025-02-01 00:00+00'", expected: "2025-02-01 00:00:00+00" },
      { query: "select 't'::regclass", expected: "t" },
    ];

    // WHEN
    const { record } = await db.apply({ verify, probe: { query: "select date '2025-02-01'", expected: "x" } });

    // THEN
    expect(record.status).toBe("applied");
    expect((await verifyStep(record, db.options())).map(({ actual }) => actual)).toEqual(
      verify.map(({ expected }) => expected),
    );
  });

  it("reads dates as its database does: what it writes is the database's own matter", async () => {
    // GIVEN
    await db.query(`alter database ${db.name} set datestyle = 'German'`);

    // WHEN
    const applied = await db.apply({
      up: "create table t as select '01.02.2025'::date as d",
      verify: [{ query: "select d from t", expected: "2025-02-01" }],
    });

    // THEN
    expect(applied.outcome).toBe("ran");
  });

  describe("whose probe asks for what does not exist", () => {
    it.each([
      ["table", "select exists (select from old_tool.versions where v = 1)"],
      ["table of the search path", "select exists (select from schema_migrations)"],
      ["column", "select missing from pg_class limit 1"],
    ])("is not done yet: %s", async (_what, query) => {
      for (const transaction of [true, false]) {
        // GIVEN
        const program = { probe: { query, expected: "t" }, transaction };
        const definition = db.step(program, { id: `s-${transaction}` });

        // WHEN
        const applied = await applyStep(definition, db.ledger, db.options());
        const undone = await rollbackStep(definition, db.ledger, db.options());

        // THEN
        expect([applied.outcome, undone]).toEqual(["ran", "undone"]);
        expect(await findStep(definition, db.options())).toMatchObject({ state: "absent", by: "probe" });
      }
    });

    it("fails where the question itself is wrong", async () => {
      // WHEN
      const running = db.apply({ probe: { query: "selec 1", expected: "1" } });

      // THEN
      await expect(running).rejects.toThrow(/syntax error at or near "selec".*\nline 1 of probe/);
    });
  });
});
