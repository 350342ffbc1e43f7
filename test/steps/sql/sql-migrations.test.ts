import { describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Testing } from "cdktf";
import { MIGRATION_LAYOUTS } from "../../../lib/index";
import { folder, importing, mistakesOf, scratch } from "../../support/imported-migrations";
import { VERSION_OF, WRITE_DIRECTORY, WRITTEN_MIGRATIONS } from "../../support/migration-directories";
import { requires } from "../../support/requirements";
import { errorOf, stepsOf } from "../../support/system-stack";

for (const layout of MIGRATION_LAYOUTS) {
  const suite = layout === "alembic" ? requires("alembic") : describe;
  suite(`a directory of ${layout}`, () => {
    test("becomes a step for each of its files, in their order", () => {
      // GIVEN
      const directory = folder();
      WRITE_DIRECTORY[layout](directory);

      // WHEN
      const { ids, steps, program } = importing(
        directory,
        layout === "flyway" ? { placeholders: { audit: "audit" } } : {},
      );

      // THEN
      const expected = WRITTEN_MIGRATIONS.map((_, index) => `m-${VERSION_OF[layout](index).replace(".", "-")}`);
      expect(ids.slice(0, expected.length)).toEqual(expected);
      expect(ids).toHaveLength(expected.length + (layout === "flyway" ? 1 : 0));
      for (const [index, { title, alone }] of WRITTEN_MIGRATIONS.entries()) {
        expect(steps[index]!.title).toBe(layout === "alembic" ? steps[index]!.title : title.replaceAll("_", " "));
        expect({ title, transaction: program(ids[index]!).transaction }).toEqual({ title, transaction: !alone });
      }
    });
  });
}

describe("a directory", () => {
  const three = {
    "1_a.up.sql": "create table a (id int)",
    "2_b.up.sql": "create table b (id int)",
    "3_c.up.sql": "alter table a add column c int",
  };

  test("can be spread over the migrations of several releases", () => {
    const directory = folder(three);

    expect(importing(directory, { through: "0001" }).ids).toEqual(["m-1"]);
    expect(importing(directory, { from: "2", idPrefix: "old" }).ids).toEqual(["old-2", "old-3"]);
    expect(mistakesOf(three, { through: "4" })).toContain('`through` names the version "4"');
    expect(mistakesOf(three, { from: "3", through: "2" })).toContain('`from` is "3", which comes after `through`');
  });

  test("keeps what cannot be undone where that is wanted", () => {
    const { stack } = importing(folder(three), { withoutDown: "keep" });

    expect(stepsOf(stack)["m-1"]).toMatchObject({ on_destroy: "keep", irreversible: "1_a.up.sql has no way back" });
  });

  test("takes the queries that are given instead of its own, and refuses one that is always true", () => {
    const given = { "2": [{ query: "select count(*) from b", expected: 0 }] };
    expect(importing(folder(three), { verify: given }).program("m-2").verify).toEqual([
      { query: "select count(*) from b", expected: "0" },
    ]);
    expect(mistakesOf(three, { verify: { "2": [{ query: "select 1", expected: 1 }] } })).toContain(
      "has the same answer in every database",
    );
    expect(mistakesOf(three, { verify: { "9": [] } })).toContain('`verify` names the version "9"');
  });

  test("warns once for each kind of finding, and takes one reason for all of them", () => {
    const files = {
      "1_a.up.sql": "drop table x",
      "2_b.up.sql": "drop table y",
      "3_c.up.sql": "do $$ begin perform 1; end $$",
    };
    const { stack } = importing(folder(files));
    Testing.synth(stack);
    const warnings = stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === "@cdktf/warn");

    expect(warnings.map(({ data }) => String(data).split(":")[0])).toEqual(["SqlBreaksOldCode", "SqlNotVerifiable"]);
    expect(importing(folder(files), { acknowledge: { SqlBreaksOldCode: "long ago" } }).ids).toHaveLength(3);
    expect(mistakesOf(files, { acknowledge: { SqlEmptiesTable: "long ago" } })).toContain(
      "names SqlEmptiesTable, which is not found",
    );
    expect(mistakesOf(files, { phase: "expand" })).toMatch(
      /1_a.up.sql:1 drops the table x.*\n.*2_b.up.sql:1 drops the table y/s,
    );
  });

  test("whose layout cannot be told is refused with what it looks like", () => {
    expect(mistakesOf({ "V1__a.sql": "", "1_b.up.sql": "" })).toContain("looks like golang-migrate and flyway");
    expect(mistakesOf({ "README.md": "" })).toContain("holds nothing that looks like SQL migrations");
    expect(errorOf(() => importing(join(scratch, "nowhere")))).toMatchObject({ code: "FileUnreadable" });
  });

  test("with a file that is not UTF-8 is refused", () => {
    const directory = folder(three);
    writeFileSync(join(directory, "4_d.up.sql"), Buffer.from("insert into a values ('Jos\xe9')", "latin1"));

    expect(errorOf(() => importing(directory))).toMatchObject({
      code: "FileNotUtf8",
      message: expect.stringContaining("4_d.up.sql"),
    });
  });
});
