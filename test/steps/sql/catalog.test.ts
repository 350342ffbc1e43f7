import { describe, expect, test } from "@jest/globals";
import { Catalog } from "../../../lib/steps/sql/catalog";
import { readInto } from "../../../lib/steps/sql/migration-text";
import { findConstant } from "../../../lib/steps/sql/sql-safety";

/** What each of several files is asked, in short: `+` for what is there, `-` for what is not. */
function checksOf(...files: string[]): string[][] {
  const catalog = new Catalog();
  return files.map((sql) => {
    catalog.begin();
    readInto(catalog, sql);
    const { checks, supersedes, uses } = catalog.end();
    return [
      ...[...checks].map(([query, isThere]) => (isThere ? "+" : "-") + inShort(query)),
      ...supersedes.map((query) => `?${inShort(query)}`),
      ...(checks.size === 0 ? uses.map((query) => `uses ${inShort(query)}`) : []),
    ];
  });
}

function inShort(query: string): string {
  const [, kind, name] = /to_(regclass|regtype|regnamespace)\('(.*?)'\) is not null$/.exec(query) ?? [];
  if (kind !== undefined) return `${kind} ${name}`;
  return query
    .replace(/^select exists \(select from pg_catalog\.|\)$/g, "")
    .replaceAll(/pg_catalog\./g, "")
    .replace(/^pg_proc where proname = '(.*?)'(?: and pronargs = (\d+))?.*$/, "function $1 $2")
    .replace(/^pg_index where indexrelid = to_regclass\('(.*?)'\) and indisvalid$/, "index $1")
    .replace(
      /^pg_attribute where attrelid = to_regclass\('(.*?)'\) and attname = '(.*?)' and not attisdropped$/,
      "column $1.$2",
    )
    .replace(/^pg_(\w+) where \w+ = to_reg\w+\('(.*?)'\) and \w+ = '(.*?)'$/, "$1 $2.$3");
}

describe("a statement is verified by what it makes or drops", () => {
  test.each([
    ["create table a (id int)", ["+regclass a"]],
    ["create table if not exists app.a (id int)", ["+regclass app.a"]],
    ['create table "A b" ("c d" int)', ['+regclass "A b"']],
    ["create temp table a (id int); insert into a values (1)", []],
    ["create unlogged table a as select 1 as x", ["+regclass a"]],
    ["select 1 as x into a", ["+regclass a"]],
    [
      "create table p (d date) partition by range (d); create table p1 partition of p default",
      ["+regclass p", "+regclass p1"],
    ],
    ["create index i on app.a (x)", ["+index app.i"]],
    ["create index i on only a (x)", ["+regclass i"]],
    ["create index on a (x)", ["uses regclass a"]],
    ["create or replace view v as select 1", ["+regclass v"]],
    ["create schema s create table t (id int)", ["+regnamespace s", "+regclass s.t"]],
    ["create function f(a int, out b int, c text default 'x') language sql as 'select 1'", ["+function f 2"]],
    ["create procedure app.p() language sql as $$ select 1; $$", ["+function p 0"]],
    ["create type t as enum ('a')", ["+regtype t"]],
    ["create type t as (a int)", ["+regtype t"]],
    ["create domain d as text", ["+regtype d"]],
    ["alter type t add value 'it''s'", ["+enum t.it''s"]],
    ["alter type t rename value 'a' to 'b'", ["-enum t.a", "+enum t.b"]],
    ["create sequence s", ["+regclass s"]],
    ["create extension if not exists pgcrypto", ["+pg_extension where extname = 'pgcrypto'"]],
    ["create trigger t before insert on a for each row execute function f()", ["+trigger a.t"]],
    ["create policy p on a using (true)", ["+policy a.p"]],
    ["alter table a add column b int, add constraint c check (b > 0)", ["+column a.b", "+constraint a.c"]],
    ["alter table a drop column b", ["-column a.b"]],
    ["alter table a drop constraint if exists c", ["-constraint a.c"]],
    ["drop table if exists a, app.b", ["-regclass a", "-regclass app.b"]],
    ["drop index concurrently i", ["-index i"]],
    ["drop function f(int, text)", ["-function f 2"]],
    ["drop trigger t on app.a", ["-trigger app.a.t"]],
    ["alter table a rename to b", ["-regclass a", "+regclass b"]],
    ["alter table a rename column b to c", ["-column a.b", "+column a.c"]],
    ["alter index i rename to j", ["-index i", "+index j"]],
    ["alter table a set schema app", ["-regclass a", "+regclass app.a"]],
    ["set search_path to app, public; create table a (id int); drop type t", ["+regclass app.a", "-regtype app.t"]],
    ["select pg_catalog.set_config('search_path', '', false); create table app.a (id int)", ["+regclass app.a"]],
    ["drop table a; create table a (id int)", ["+regclass a"]],
    ["create table a (id int); drop table a", ["-regclass a"]],
    ["update a set x = 1 where y in (select y from b)", ["uses regclass a", "uses regclass b"]],
    ["with x as (select 1) insert into a select * from x", ["uses regclass a"]],
    ["comment on table a is 'x'", ["uses regclass a"]],
    ["do $$ begin perform 1; end $$", []],
    ["alter table a alter column b set not null", ["uses regclass a"]],
    [`create table ${"a".repeat(70)} (id int)`, [`+regclass ${"a".repeat(63)}`]],
  ])("%s", (sql, expected) => {
    expect(checksOf(sql)).toEqual([expected]);
  });
});

describe("a later file asks again about what it changed of earlier ones", () => {
  test.each<[string, string[], string[]]>([
    [
      "a table is dropped",
      ["create table a (id int)", "alter table a add column b int; create index i on a (b)", "drop table a"],
      ["-column a.b", "-index i", "-regclass a"],
    ],
    [
      "a column is dropped, and its index with it",
      ["create index i on a (lower(b))", "alter table a drop column b"],
      ["-index i", "-column a.b"],
    ],
    [
      "a table is renamed",
      ["create table a (id int)", "alter table a add column b int", "alter table a rename to c"],
      ["-regclass a", "+regclass c", "-column a.b", "+column c.b"],
    ],
    [
      "a table is made again with the same column",
      ["create table a (id int)", "alter table a add column b int", "drop table a; create table a (id int, b int)"],
      ["-column a.b", "+regclass a"].map((check) => check.replace("-column", "+column")),
    ],
    [
      "a schema is dropped",
      ["create schema s; create table s.t (id int)", "drop schema s cascade"],
      ["-regclass s.t", "-regnamespace s"],
    ],
    [
      "a view goes with its table",
      ["create table a (id int)", "create view v as select id from a", "drop table a cascade"],
      ["-regclass v", "-regclass a"],
    ],
    [
      "a constraint goes with the table that it refers to",
      [
        "create table r (id int)",
        "alter table a add constraint c foreign key (x) references r",
        "drop table r cascade",
      ],
      ["-constraint a.c", "-regclass r"],
    ],
    [
      "public is where names without a schema are",
      ["create table public.a (id int)", "drop table a"],
      ["-regclass public.a"],
    ],
    [
      "one of two functions of a name is dropped",
      [
        "create function f(a int) returns int language sql as 'select 1'; create function f(a int, b int) returns int language sql as 'select 1'",
        "drop function f(int)",
      ],
      ["-function f 1"],
    ],
    [
      "nobody can tell what a body drops",
      ["create table a (id int)", "do $$ begin drop table if exists a; end $$"],
      ["?regclass a"],
    ],
    [
      "nobody can tell which names a body puts together",
      [
        "create table a (id int)",
        "do $$ declare t text; begin for t in select tablename from pg_tables loop execute format('drop table %I', t); end loop; end $$",
      ],
      ["?regclass a"],
    ],
    [
      "a body that only reads leaves all as it is",
      ["create table a (id int)", "do $$ begin perform count(*) from a; end $$"],
      [],
    ],
    [
      "an enum is made anew",
      [
        "create type t as enum ('a')",
        "alter type t add value 'b'",
        "alter type t rename to t_old; create type t as enum ('a', 'b'); drop type t_old",
      ],
      ["+regtype t", "-regtype t_old", "+enum t.b", "-enum t_old.b"],
    ],
  ])("%s", (_, files, expected) => {
    expect(
      checksOf(...files)
        .at(-1)!
        .sort(),
    ).toEqual([...expected].sort());
  });
});

describe("a verify query with one answer for every database", () => {
  test.each([
    "select 1",
    "select true",
    "select 'a' || 'b'",
    "select exists (select 1)",
    "values (1)",
    "select count from (values (1)) v (count)",
  ])("is found: %s", (query) => {
    expect(findConstant(query).map(({ code, refused }) => [code, refused])).toEqual([["SqlVerifiesNothing", true]]);
  });

  test.each([
    "select 1 from a",
    "select count(*) from a",
    "select to_regclass('a') is not null",
    "select current_user",
    "show work_mem",
    "select exists (select from a)",
    "select 1/(select count(*) from a)",
  ])("is not found: %s", (query) => {
    expect(findConstant(query)).toEqual([]);
  });
});
