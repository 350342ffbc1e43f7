import { describe, expect, it } from "@jest/globals";
import { program, type ProgramInput } from "../../support/program";
import { undoLoss } from "../../../lib/promotion/plan/undo";

const SINCE = "2026-05-01T08:00:00.000Z";
const check = [{ query: "q", expected: "e" }];
const place = { store: "directory" as const, path: "d" };
const sql = (down: string): ProgramInput => ({
  ...{ kind: "sql", database: { env: "URL" }, up: "create", verify: check },
  down,
});
const transfer = (phase: "bulk" | "delta" | "cutover" | "retire"): ProgramInput => ({
  ...{ kind: "transfer", transfer: "media", from: place, to: place },
  phase,
});
const loss = (input: ProgramInput, appliedAt?: string) => undoLoss({ program: program.parse(input), appliedAt });

describe("what undoing a step loses", () => {
  it.each([
    ["drop table app.projects;\ndrop schema app;", "table app.projects, schema app"],
    ["DROP TABLE IF EXISTS a, b", "table a, b"],
    ['alter table t drop column "given name", drop column if exists age', 'column "given name", column age'],
    ["truncate only logs; delete from t where new", "table logs, rows of t"],
    ["drop materialized  view totals", "materialized view totals"],
    ["drop foreign table remote", "foreign table remote"],
    ['alter table t drop if exists age, add b int, drop "given name" cascade', 'column age, column "given name"'],
  ])("names what SQL takes away: %s", (down, names) => {
    expect(loss(sql(down), SINCE)).toBe(`lost: what was written since ${SINCE} into ${names}`);
  });

  it("says that it does not know what SQL overwrites", () => {
    expect(loss(sql("drop index by_day; update t set a = 1"), SINCE)).toMatch(/overwrite .* drop and delete nothing$/);
    const keepsRows =
      "alter table t drop constraint c, alter column a drop default, alter b drop not null; drop view v";
    expect(loss(sql(keepsRows), SINCE)).toMatch(/drop and delete nothing$/);
  });

  it.each<[ProgramInput, RegExp]>([
    [{ kind: "command", up: "make", down: "undo", verify: check }, /only the script knows/],
    [
      { kind: "documents", directory: "d", database: { env: "URL" }, table: "t", key: "id" },
      /nothing; a row of t that was changed since .* stops the rollback/,
    ],
    [{ kind: "env", from: ".env", to: ".env.v1" }, /nothing; a file that was edited since .* is moved aside/],
    [transfer("bulk"), /nothing; copies that were changed since .* stay/],
    [transfer("delta"), /nothing; copies that were changed since .* stay/],
    [transfer("cutover"), /lost to the application: what it wrote to the target since .* not copied back/],
    [transfer("retire"), /nothing; the source gets what the target holds now/],
  ])("has a sentence for %j", (input, sentence) => {
    expect(loss(input, SINCE)).toMatch(sentence);
  });

  it("has none for what changes nothing", () => {
    expect(loss({ kind: "http", url: "http://localhost/", verify: [] }, SINCE)).toBeUndefined();
    expect(loss({ kind: "archive", sources: ["d"], directory: "b" }, SINCE)).toBeUndefined();
  });

  it("does not say since when, of a step that never came to its end", () => {
    expect(loss(sql("drop table t"))).toBe("lost: what was written since it began into table t");
  });
});
