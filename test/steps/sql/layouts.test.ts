import { describe, expect, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import { flywayChecksum } from "../../../lib/steps/sql/layouts/flyway";
import { requires } from "../../support/requirements";
import { folder, importing, mistakesOf } from "../../support/imported-migrations";
import { WRITE_DIRECTORY, writeFiles } from "../../support/migration-directories";
import { errorOf, stepsOf } from "../../support/system-stack";

describe("golang-migrate", () => {
  test("orders by number, pairs up and down, and takes a missing or empty way back for none", () => {
    // GIVEN
    const directory = folder({
      "10_ten.up.sql": "create table ten (id int)",
      "2_two.up.sql": "create table two (id int)",
      "2_two.down.sql": "drop table two",
      "0003_three.up.sql": "create table three (id int)",
      "0003_three.down.sql": "-- nothing\n",
      "notes.txt": "",
    });

    // WHEN
    const { steps, stack } = importing(directory);

    // THEN
    expect(steps.map(({ node, irreversible }) => [node.id, irreversible])).toEqual([
      ["m-2", undefined],
      ["m-3", "the way back of 0003_three.up.sql is empty"],
      ["m-10", "10_ten.up.sql has no way back"],
    ]);
    expect(stepsOf(stack)["m-3"]).toMatchObject({ irreversible: "the way back of 0003_three.up.sql is empty" });
  });

  test("runs in the transaction of the step what begins and ends one of its own", () => {
    const { program } = importing(
      folder({ "1_a.up.sql": "BEGIN;\n\ncreate table a (id int);\nCOMMIT;", "1_a.down.sql": "" }),
    );

    expect(program("m-1").up).toBe("      \n\ncreate table a (id int);\n       ");
    expect(program("m-1").transaction).toBe(true);
  });

  test("refuses all that is wrong in one synthesis, with file and line", () => {
    const said = mistakesOf({
      "1_a.up.sql": "select 1 from a",
      "01_b.up.sql": "select 1 from b",
      "2_c.up.sql": "insert into a values (1);\n\nrollback;",
      "3_d.up.sql": "create table d (id int);\ncreat table e (id int);",
      "4_e.up.sql": "\\connect other",
    });

    expect(said).toContain("4 mistakes");
    expect(said).toContain("MigrationFileInvalid: 1_a.up.sql: it has the version 1, which 01_b.up.sql has already");
    expect(said).toContain('SqlControlsTransaction: 2_c.up.sql:3: it has "rollback"');
    expect(said).toContain('SqlMistake: 3_d.up.sql:2: syntax error at or near "creat"');
    expect(said).toContain("SqlClientCommand: 4_e.up.sql:1");
  });
});

describe("dbmate", () => {
  const up = (name: string) => `-- migrate:up\ncreate table ${name} (id int);\n`;

  test("orders by name, and reads the blocks and their options", () => {
    // GIVEN
    const directory = folder({
      "9_i.sql": `${up("i")}-- migrate:down\ndrop table i;`,
      "10_j.sql": `-- a comment\n\n${up("j")}-- migrate:down\n`,
      "11_k.sql":
        "-- migrate:up transaction:false\ncreate index concurrently k on j (id);\n-- migrate:down transaction:false\ndrop index concurrently k;",
    });

    // WHEN
    const { ids, program, steps } = importing(directory);

    // THEN
    expect(ids).toEqual(["m-10", "m-11", "m-9"]);
    expect(program("m-9")).toMatchObject({ up: "create table i (id int);", down: "drop table i;", transaction: true });
    expect(program("m-11")).toMatchObject({
      transaction: false,
      history: { tool: "dbmate", table: "schema_migrations", version: "11" },
    });
    expect(steps[0]!.irreversible).toBe("the way back of 10_j.sql is empty");
  });

  test("refuses what dbmate refuses, with file and line", () => {
    const said = mistakesOf(
      {
        "1_a.sql": `select 1;\n${up("a")}-- migrate:down\n`,
        "2_b.sql": up("b"),
        "3_c.sql": "-- migrate:down\ndrop table c;",
        "4_d.sql": `${up("d")}-- migrate:up\nselect 1;\n-- migrate:down\n`,
        "5_e.sql": `${up("e").replace("create", "craete")}-- migrate:down\n`,
      },
      { layout: "dbmate" },
    );

    expect(said).toContain("1_a.sql:1: dbmate does not support statements preceding the '-- migrate:up' block");
    expect(said).toContain("2_b.sql: it has no block that begins with `-- migrate:down`");
    expect(said).toContain("3_c.sql: it has no block that begins with `-- migrate:up`");
    expect(said).toContain("4_d.sql:3: `-- migrate:up` is out of order");
    expect(said).toContain('SqlMistake: 5_e.sql:2: syntax error at or near "craete"');
  });
});

describe("Flyway", () => {
  test("compares versions by their numbers, and runs repeatable migrations last", () => {
    // GIVEN
    const directory = folder({
      "V2__b.sql": "create table b (id int)",
      "sub/V1_10__ten.sql": "create table ten (id int)",
      "V1.9.0__nine.SQL": "create table nine (id int)",
      "U2__b.sql": "drop table b",
      "R__view_of_b.sql": "create or replace view v as select id from b",
      "afterMigrate.sql": "select 1",
      "B1.9__old.sql": "create table old (id int)",
    });

    // WHEN
    const { ids, steps, program, stack } = importing(directory);

    // THEN
    expect(ids.slice(0, 3)).toEqual(["m-1-9", "m-1-10", "m-2"]);
    expect(ids[3]).toMatch(/^m-r-view-of-b-[0-9a-f]{8}$/);
    expect(steps.map(({ irreversible }) => irreversible === undefined)).toEqual([false, false, true, false]);
    expect(program("m-1-9").history).toMatchObject({ tool: "flyway", version: "1.9" });
    expect(stepsOf(stack)[ids[3]!]).toMatchObject({ on_destroy: "keep" });
  });

  test.each([
    ["create table a (id int);\n", "create table a (id int);\r\n"],
    ["\uFEFFselect 1", "select 1"],
    ["a\nb", "ab"],
  ])("knows the checksum of lines, not of what ends them: %j", (text, same) => {
    expect(flywayChecksum(text)).toBe(flywayChecksum(same));
    expect(flywayChecksum(text)).toBe(crc32(same.replaceAll(/[\r\n]/g, "")) | 0);
  });

  test("takes a baseline where what it replaces is gone", () => {
    const { ids } = importing(
      folder({ "B5__base.sql": "create table a (id int)", "V6__b.sql": "create table b (id int)" }),
    );

    expect(ids).toEqual(["m-5", "m-6"]);
  });

  test("replaces placeholders, and refuses one without a value", () => {
    // GIVEN
    const files = { "V1__a.sql": "create table a (id int);\n-- for ${owner}\n" };

    // THEN
    expect(mistakesOf(files)).toContain('V1__a.sql:2: Flyway replaces ${owner}, and `placeholders` has no "owner"');
    expect(importing(folder(files), { placeholders: { owner: "shop" } }).program("m-1").up).toContain("for shop");
    expect(importing(folder(files), { placeholders: false }).program("m-1").up).toContain("for ${owner}");
  });

  test("refuses what Flyway refuses, and programs that only Flyway runs", () => {
    const said = mistakesOf({
      "V1__a.sql": "select 1 from a",
      "V01__again.sql": "select 1 from a",
      "V1.x__b.sql": "select 1 from b",
      "U7__c.sql": "select 1 from c",
      "V3__Load.java": "class V3__Load {}",
      "R__same.sql": "select 1 from a",
      "sub/R__same.sql": "select 2 from a",
    });

    expect(said).toContain("V1__a.sql: it has the version 1, which V01__again.sql has already");
    expect(said).toContain('V1.x__b.sql: "1.x" is no version for Flyway');
    expect(said).toContain("U7__c.sql: it undoes version 7, and there is no V7__….sql");
    expect(said).toContain("V3__Load.java: it is a program that only Flyway can run");
    expect(said).toContain('sub/R__same.sql: it is called "same"');
  });

  test("runs each statement by itself where a file runs without a transaction", () => {
    // GIVEN
    const directory = folder({
      "V1__t.sql": "create table t (a int, b int)",
      "V2__i.sql":
        "set statement_timeout = 0;\ncreate index concurrently i on t (a);\ncreate index concurrently j on t (b);",
      "U2__i.sql": "drop index concurrently i;\ndrop index concurrently j;",
    });

    // WHEN
    const { ids, program } = importing(directory);

    // THEN each statement of the way back undoes the one that made its index
    expect(ids).toEqual(["m-1", "m-2", "m-2-part-2"]);
    expect(program("m-2")).toMatchObject({ transaction: false, down: "drop index concurrently i" });
    expect(program("m-2-part-2")).toMatchObject({
      up: "set statement_timeout = 0;\ncreate index concurrently j on t (b)",
      down: "drop index concurrently j",
    });
  });
});

describe("diesel", () => {
  test("orders by version as text, without hyphens, and reads metadata.toml", () => {
    // GIVEN
    const directory = folder({
      "2023-01-31-120000_b/up.sql": "create index concurrently i on a (id)",
      "2023-01-31-120000_b/metadata.toml": "run_in_transaction = false # an index",
      "00000000000000_diesel_initial_setup/up.sql": "create table a (id int)",
      "00000000000000_diesel_initial_setup/down.sql": "drop table a",
      "20230201_c/up.sql": "create table c (id int)",
      "20230201_c/metadata.toml": "",
      "README.md": "",
    });

    // WHEN
    const { ids, program } = importing(directory);

    // THEN
    expect(ids).toEqual(["m-00000000000000", "m-20230131120000", "m-20230201"]);
    expect(ids.map((id) => program(id).transaction)).toEqual([true, false, false]);
  });

  test("refuses a directory without up.sql, and an empty one", () => {
    const said = mistakesOf({ "1_a/down.sql": "", "2_b/up.sql": "\n", "3_c/up.sql": "create table c (id int)" });

    expect(said).toContain("1_a: it has no `up.sql`");
    expect(said).toContain("2_b/up.sql: it is empty");
  });
});

describe("plain files", () => {
  test("are ordered by number, with ways back beside them", () => {
    const { ids, program } = importing(
      folder({
        "2.sql": "create table b (id int)",
        "010-a.sql": "create table a (id int)",
        "010-a.down.sql": "drop table a",
      }),
    );

    expect(ids).toEqual(["m-2", "m-10"]);
    expect(program("m-10")).toMatchObject({ down: "drop table a" });
    expect(program("m-10").history).toBeUndefined();
  });

  test.each(["-- +goose Down", "-- +migrate Down", "-- Down Migration", "-- migrate:down"])(
    "with the way back after %s would undo themselves, and are refused",
    (mark) => {
      const said = mistakesOf(
        { "1_a.sql": `create table a (id int);\n${mark}\ndrop table a;` },
        { layout: "numbered" },
      );

      expect(said).toContain(`1_a.sql:2: "${mark}" is a mark of`);
    },
  );
});

requires("alembic")("Alembic", () => {
  test("writes its revisions down itself, in the order of the graph, without its own table", () => {
    // GIVEN
    const directory = folder();
    WRITE_DIRECTORY.alembic(directory);

    // WHEN
    const { program } = importing(directory, { through: "rev0007" });

    // THEN
    expect(program("m-rev0001").up).not.toMatch(/alembic_version|BEGIN/);
    expect(program("m-rev0006").history).toEqual({
      tool: "alembic",
      table: "alembic_version",
      version: "rev0006",
      parents: ["rev0005"],
    });
    expect(program("m-rev0007")).toMatchObject({
      transaction: false,
      down: expect.stringMatching(/^drop index concurrently/),
    });
  });

  test("says what Alembic said where it fails", () => {
    const directory = folder();
    WRITE_DIRECTORY.alembic(directory);
    writeFiles(directory, { "migrations/versions/x.py": 'revision = "x"\ndown_revision = "nowhere"\n' });

    expect(errorOf(() => importing(directory))).toMatchObject({
      code: "AlembicFailed",
      message: expect.stringContaining("nowhere"),
    });
    expect(errorOf(() => importing(directory, { alembic: ["no-such-alembic"] }))).toMatchObject({
      code: "AlembicFailed",
    });
  });
});
