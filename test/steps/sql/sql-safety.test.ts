import { describe, expect, test } from "@jest/globals";
import { EnvironmentChain, Migration, SecretReference, SqlStep, type SqlStepProps } from "../../../lib/index";
import { parseSql } from "../../../lib/steps/sql/postgres-grammar";
import { findMistake, findUnsafe } from "../../../lib/steps/sql/sql-safety";
import { errorOf, temporaryDirectory, TestApp } from "../../support/system-stack";

const found = (sql: string, phase: "expand" | "migrate" | "contract", created: string[] = []) =>
  findUnsafe(sql, phase, new Set(created)).map(({ code, refused }) => `${code}${refused ? "!" : ""}`);

describe("PostgreSQL's parser", () => {
  test("is there when a constructor asks for it, without waiting", () => {
    expect(parseSql("select 1; /* ; */ drop table t")).toMatchObject({
      statements: [{ kind: "SelectStmt" }, { kind: "DropStmt", node: { removeType: "OBJECT_TABLE" } }],
    });
  });

  test.each([
    "create function f() returns int language sql as $q$ select $$;$$::text; select 1 $q$",
    "create function f() returns int begin atomic select case when true then 1 end; select 2; end",
    "select U&'d\\0061ta', E'\\'', \"a;b$$c\"",
    "merge into t using s on t.a = s.a when matched then delete",
    "do $$ begin perform 1; end $$",
    "select current_setting('sterna.BUCKET')",
    "-- only a comment",
  ])("understands %s", (sql) => {
    expect(findMistake(sql, "up")).toEqual([]);
  });

  test("says where a text stops being SQL", () => {
    expect(findMistake("select '😀';\n\ncreat table x ()", "down")).toEqual([
      { code: "SqlMistake", message: 'line 3 of `down`: syntax error at or near "creat"', refused: true },
    ]);
  });

  test("goes on after a text that it gave up on", () => {
    // GIVEN
    const deep = `select ${"(".repeat(100_000)}1${")".repeat(100_000)}`;

    // WHEN
    const given = findMistake(deep, "up");

    // THEN
    expect(given.filter(({ message }) => !/memory exhausted|stack depth/.test(message))).toEqual([]);
    expect(found("drop table t", "expand")).toEqual(["SqlBreaksOldCode!"]);
  });
});

test.each([
  "drop table t",
  "drop table if exists app.t cascade",
  "alter table t drop column a",
  "alter table t rename column a to b",
  "alter table t rename to u",
  "alter table t set schema old",
  "drop view v",
  "drop function f(int)",
  "drop schema s",
  "drop type mood",
  "alter type mood rename attribute a to b",
  "drop table t; create table t (id int)",
])("what the old code uses must stay while it runs: %s", (sql) => {
  expect(found(sql, "expand")).toEqual(["SqlBreaksOldCode!"]);
  expect(found(sql, "migrate")).toEqual(["SqlBreaksOldCode"]);
  expect(found(sql, "contract")).toEqual([]);
});

test.each(["truncate t", "delete from t"])("rows that the old code uses must stay while it runs: %s", (sql) => {
  expect(found(sql, "expand")).toEqual(["SqlEmptiesTable!"]);
  expect(found(sql, "migrate")).toEqual(["SqlEmptiesTable"]);
  expect(found(sql, "contract")).toEqual([]);
});

test.each([
  ["create index i on t (a)", "SqlIndexBlocksWrites"],
  ["create unique index i on app.t (a)", "SqlIndexBlocksWrites"],
  ["alter table t alter column a set not null", "SqlScansUnderLock"],
  ["alter table t add constraint c check (a > 0)", "SqlScansUnderLock"],
  ["alter table t add constraint c foreign key (a) references u", "SqlScansUnderLock"],
  ["alter table t add unique (a)", "SqlScansUnderLock"],
  ["alter table t alter column a type bigint", "SqlRewritesTable"],
  ["alter table t add column a uuid default gen_random_uuid()", "SqlRewritesTable"],
  ["alter table t add column a bigserial", "SqlRewritesTable"],
  ["alter table t add column a int not null generated always as identity", "SqlRewritesTable"],
  ["alter table t add column a int generated always as (b + 1) stored", "SqlRewritesTable"],
  ["vacuum full t", "SqlRewritesTable"],
  ["cluster t using i", "SqlRewritesTable"],
])("what keeps others waiting is said in every phase, and refused in none: %s", (sql, code) => {
  for (const phase of ["expand", "migrate", "contract"] as const) expect(found(sql, phase)).toEqual([code]);
});

test("a column that old code would have to fill is refused while it runs", () => {
  const sql = "alter table t add column a int not null";
  expect(found(sql, "expand")).toEqual(["SqlNotNullWithoutDefault!"]);
  expect(found(sql, "contract")).toEqual(["SqlNotNullWithoutDefault"]);
});

test.each([
  "create table t (id int primary key, a text not null)",
  "create table t (id int); create index i on t (id); alter table public.t alter column id set not null; drop table t",
  "create table t as select 1; delete from t",
  "alter table t add column a text",
  "alter table t add column a int not null default 0",
  "alter table t add column a timestamptz not null default now()",
  "alter table t add constraint c check (a > 0) not valid",
  "alter table t validate constraint c",
  "alter table t add constraint c unique using index i",
  "alter table t alter column a drop not null",
  "create index concurrently i on t (a)",
  "drop index i",
  "drop trigger tr on t",
  "alter index i rename to j",
  "drop view v; create view v as select 1",
  "drop function if exists f(); create function f() returns int language sql as 'select 1'",
  "delete from t where a = 1",
  "delete from t using u where t.a = u.a",
  "update t set a = 1",
  "vacuum t",
  "insert into log values ('drop table t')",
  "create function f() returns void language plpgsql as 'begin drop table t; end'",
])("what is safe passes: %s", (sql) => {
  expect(found(sql, "expand")).toEqual([]);
});

describe("an SqlStep", () => {
  const environment = new EnvironmentChain([{ name: "development" }]).get("development");
  const directory = temporaryDirectory();
  const steps = (...all: Partial<SqlStepProps>[]): SqlStep[] => {
    const made: SqlStep[] = [];
    const stack = new TestApp(directory).stack({ environment });
    const make = (m: Migration): SqlStep[] => {
      all.forEach((props, index) => made.push(new SqlStep(m, `s${index}`, { ...DEFAULTS, ...props })));
      return made;
    };
    new Migration(stack, "first", {
      from: "0.1.0",
      to: "1.0.0",
      acknowledge: { MigrationWithoutBackup: "-" },
      steps: make,
    });
    return made;
  };
  const annotationsOf = (step: SqlStep) => step.node.metadata.map(({ type, data }) => `${type} ${data}`);

  test("refuses to take away what the old code uses, and says where, and how to say that it is right", () => {
    // WHEN
    const error = errorOf(() => steps({ phase: "expand", up: "select 1;\ndrop table orders" }));

    // THEN
    expect(error.code).toBe("SqlBreaksOldCode");
    expect(error.message).toMatch(
      /^line 2 of `up` drops the table orders, while the old code still runs; do that in a step of `phase: "contract"`; or say why it is right: acknowledge: { SqlBreaksOldCode: "<reason>" } \[at /,
    );
  });

  test("does so once a reason is given, and says the reason", () => {
    // WHEN
    const [step] = steps({ phase: "expand", up: "drop table orders", acknowledge: { SqlBreaksOldCode: "never used" } });

    // THEN
    expect(annotationsOf(step!)).toEqual([
      expect.stringMatching(/^@cdktf\/warn SqlBreaksOldCode: .* Acknowledged: never used$/),
    ]);
  });

  test("warns of what keeps others waiting, until that is acknowledged", () => {
    // WHEN
    const up = "create index i on orders (day)";
    const [warned, acknowledged] = steps({ up }, { up, acknowledge: { SqlIndexBlocksWrites: "ten rows" } });

    // THEN
    expect(annotationsOf(warned!)).toEqual([expect.stringMatching(/^@cdktf\/warn SqlIndexBlocksWrites: .*or say why/)]);
    expect(annotationsOf(acknowledged!)).toEqual([expect.stringMatching(/^@cdktf\/info .*Acknowledged: ten rows$/)]);
  });

  test("knows the tables that an earlier step of its migration made", () => {
    // WHEN
    const made = steps(
      { phase: "expand", up: "create table orders (day date)" },
      { phase: "expand", up: "create index i on orders (day); alter table orders add column a int not null" },
    );

    // THEN
    expect(made.flatMap(annotationsOf)).toEqual([]);
  });

  test("reports SQL that no PostgreSQL understands, wherever it stands", () => {
    expect(errorOf(() => steps({ up: "creat table x ()" })).message).toMatch(
      /^line 1 of `up`: syntax error at or near "creat"/,
    );
    expect(errorOf(() => steps({ down: "selec 1" })).code).toBe("SqlMistake");
    expect(errorOf(() => steps({ probe: { query: "selec 1", expected: 1 } })).code).toBe("SqlMistake");
    expect(steps({ up: "create foo", acknowledge: { SqlMistake: "of an extension's dialect" } })).toHaveLength(1);
  });

  test("refuses to acknowledge what is not found", () => {
    const acknowledge = { SqlEmptiesTable: "-" };
    expect(errorOf(() => steps({ acknowledge })).code).toBe("NothingToAcknowledge");
  });
});

const DEFAULTS: SqlStepProps = {
  database: SecretReference.environment("DATABASE_URL"),
  up: "select 1",
  down: "select 1",
  verify: [{ query: "select count(*) from t", expected: 1 }],
};
