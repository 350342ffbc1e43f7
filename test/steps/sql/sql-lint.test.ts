import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { lintSql, sqlStatements } from "../../../lib/steps/sql/step";

const codes = (sql: string, options: { transaction?: boolean; single?: boolean } = {}) =>
  lintSql(sql, { property: "up", transaction: true, single: false, ...options }).map(({ code }) => code);

describe("statements", () => {
  test.each([
    ["select 1; select 2;", ["select 1", "select 2"]],
    ["select ';' ; -- ; commit\nselect \";\"", ["select ''", "select ''"]],
    ["/* a /* nested; */ b; */ select 1", ["select 1"]],
    ["select 'it''s; one'", ["select ''"]],
    [String.raw`select E'it\'s; one'; select 2`, ["select ''", "select 2"]],
    ["do $$ begin commit; end $$; select 1", ["do ''", "select 1"]],
    ["do $body$ select $$;$$; $body$", ["do ''"]],
    ["create table a$b (); select 1", ["create table a$b ()", "select 1"]],
    ["", []],
  ])("of %s", (sql, expected) => {
    expect(sqlStatements(sql)).toEqual(expected);
  });

  test("the body of a function is one statement", () => {
    // GIVEN
    const sql =
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3";
    // THEN
    expect(sqlStatements(sql)).toHaveLength(2);
  });

  test("what stands in quotes or comments is never a statement", () => {
    const hidden = fc.string({ unit: fc.constantFrom("a", ";", "b", "-", " ", "commit", "\n") });
    fc.assert(
      fc.property(hidden, (text) => {
        expect(sqlStatements(`select $q$${text}$q$`)).toEqual(["select ''"]);
        expect(sqlStatements(`select '${text}'`)).toEqual(["select ''"]);
        expect(sqlStatements(`/*${text}*/ select 1`)).toEqual(["select 1"]);
      }),
    );
  });
});

test.each(["begin; select 1; commit", "BEGIN", "start  transaction", "select 1;\nCOMMIT;", "rollback", "end", "abort"])(
  "a transaction of its own is refused: %s",
  (sql) => {
    expect(codes(sql)).toContain("SqlControlsTransaction");
  },
);

test.each([
  "do $$ begin commit; end $$",
  "savepoint a; rollback to a",
  "rollback work to savepoint a",
  "-- commit\nselect 1",
  "select 'begin'",
  "create table commit_log (beginning text)",
  "create function f() returns int begin atomic select 1; end",
])("what only looks like one is fine: %s", (sql) => {
  expect(codes(sql)).toEqual([]);
});

test.each(["\\connect other", "select 1;\n\\i file.sql", "  \\copy users to 'x'"])(
  "a command of psql is refused: %s",
  (sql) => {
    expect(codes(sql)).toContain("SqlClientCommand");
  },
);

test("a backslash in a text is no command", () => {
  expect(codes("insert into t values ('\n\\connect')")).toEqual([]);
});

test.each([
  "create index concurrently i on t (a)",
  "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
  "drop index concurrently if exists i",
  "reindex table concurrently t",
  "reindex (verbose) database shop",
  "vacuum analyze t",
  "create database other",
  "drop tablespace fast",
  "alter system set work_mem = '1GB'",
  "alter table t detach partition p concurrently",
  "alter database shop set tablespace fast",
])("what PostgreSQL refuses in a transaction is refused in one, and fine without: %s", (sql) => {
  expect(codes(sql)).toEqual(["SqlNotTransactional"]);
  expect(codes(sql, { transaction: false })).toEqual([]);
});

test.each(["create index i on t (a)", "refresh materialized view concurrently v", "reindex table t", "drop index i"])(
  "what PostgreSQL accepts in a transaction is fine: %s",
  (sql) => {
    expect(codes(sql)).toEqual([]);
  },
);

test("without a transaction there is one statement, since several would be one again", () => {
  expect(codes("drop index concurrently i; create index concurrently i on t (a)", { transaction: false })).toEqual([
    "SqlSeveralStatements",
  ]);
});

test("a question is one statement", () => {
  expect(codes("select 1; select 2", { single: true })).toEqual(["SqlSeveralStatements"]);
  expect(codes("select 1;", { single: true })).toEqual([]);
});
