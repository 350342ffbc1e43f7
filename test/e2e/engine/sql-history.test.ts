import { expect, it } from "@jest/globals";
import { findStep } from "../../../lib/engine/executor/question-step";
import "../../../lib/provider/kinds";
import { requires } from "../../support/requirements";
import { SqlStepWorkplace } from "../../support/sql-step-workplace";

requires("postgres")("the table of the tool that was used before", () => {
  const place = new SqlStepWorkplace("history");
  const ask = async (history: object, more: object = {}) => {
    const { state, by, reason } = await findStep(place.step({ history: history as never, ...more }));
    return reason === undefined ? [by, state] : [by, state, reason];
  };
  const golang = (version: string, table = "schema_migrations") => ask({ tool: "golang-migrate", table, version });
  const dbmate = (version: string) => ask({ tool: "dbmate", table: "schema_migrations", version });
  const flyway = (version: string, checksum = 1) =>
    ask({ tool: "flyway", table: "flyway_schema_history", version, checksum });

  it("of golang-migrate has one row, for all versions up to it", async () => {
    // GIVEN
    expect(await golang("1")).toEqual(["history", "absent", "there is no table schema_migrations"]);
    await place.query("create schema ops");
    for (const table of ["schema_migrations", "ops.migrations"]) {
      await place.query(`create table ${table} (version bigint primary key, dirty boolean not null)`);
    }

    // THEN nothing was applied
    expect(await golang("1")).toEqual(["history", "absent"]);

    // WHEN
    await place.query("insert into schema_migrations values (20260101120000, false)");

    // THEN
    expect(await golang("20260101120000")).toEqual(["history", "there"]);
    expect(await golang("9")).toEqual(["history", "there"]);
    expect(await golang("20260101120001")).toEqual(["history", "absent"]);
    expect(await golang("9", "ops.migrations")).toEqual(["history", "absent"]);
  });

  it("of golang-migrate may be dirty: nobody knows what became of that version and the later ones", async () => {
    await place.query("create table schema_migrations (version bigint primary key, dirty boolean not null)");
    await place.query("insert into schema_migrations values (3, true)");

    expect(await golang("2")).toEqual(["history", "there"]);
    expect(await golang("3")).toEqual([
      "history",
      "unknown",
      expect.stringMatching(/version 3 is dirty.*migrate force/),
    ]);
    expect(await golang("4")).toEqual(["history", "unknown", expect.stringContaining("dirty")]);
  });

  it("is not mistaken for that of another tool of the same name", async () => {
    await place.query("create table schema_migrations (version bigint primary key, dirty boolean not null)");
    expect(await dbmate("1")).toEqual([
      "history",
      "unknown",
      expect.stringContaining("is not a table of dbmate: it has a column dirty"),
    ]);

    await place.query("drop table schema_migrations; create table schema_migrations (version varchar primary key)");
    await place.query("insert into schema_migrations values ('0001')");
    expect(await golang("1")).toEqual(["history", "unknown", expect.stringContaining("it has no column dirty")]);
    expect(await dbmate("0001")).toEqual(["history", "there"]);
    expect(await dbmate("1")).toEqual(["history", "absent"]);
  });

  it("of Flyway has a row for each run", async () => {
    // GIVEN
    await place.query(
      `create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200),
         type varchar(20), script varchar(1000), checksum integer, success boolean not null)`,
    );
    await place.query(
      `insert into flyway_schema_history values
         (1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', null, true),
         (2, '03.0', 'three', 'SQL', 'V03.0__three.sql', 1, true),
         (3, '4', 'four', 'SQL', 'V4__four.sql', 1, true),
         (4, '4', 'four', 'UNDO_SQL', 'U4__four.sql', 1, true),
         (5, '5', 'five', 'SQL', 'V5__five.sql', 1, true),
         (6, '5', 'five', 'DELETE', 'V5__five.sql', 1, true),
         (7, '6', 'six', 'SQL', 'V6__six.sql', 1, false),
         (8, null, 'a view', 'SQL', 'R__a_view.sql', 1, true)`,
    );
    const repeatable = (checksum: number) =>
      ask({ tool: "flyway", table: "flyway_schema_history", description: "a view", checksum });

    // THEN
    expect(await flyway("1.9")).toEqual(["history", "there"]);
    expect(await flyway("2")).toEqual(["history", "there"]);
    expect(await flyway("2.1")).toEqual(["history", "absent"]);
    expect(await flyway("3")).toEqual(["history", "there"]);
    expect(await flyway("3", 7)).toEqual([
      "history",
      "unknown",
      expect.stringMatching(/checksum 1, and the file has 7/),
    ]);
    expect(await flyway("4")).toEqual(["history", "absent"]);
    expect(await flyway("5")).toEqual(["history", "absent"]);
    expect(await flyway("6")).toEqual([
      "history",
      "unknown",
      expect.stringMatching(/V6__six.sql failed.*flyway repair/),
    ]);
    expect(await repeatable(1)).toEqual(["history", "there"]);
    expect(await repeatable(2)).toEqual(["history", "absent", "R__a_view.sql changed since it was applied"]);
  });

  it("of Alembic has a row for each branch", async () => {
    const alembic = (version: string) => ask({ tool: "alembic", table: "alembic_version", version, parents: [] });
    await place.query("create table alembic_version (version_num varchar(32) primary key)");
    expect(await alembic("a")).toEqual(["history", "absent"]);

    await place.query("insert into alembic_version values ('b'), ('c')");
    expect(await alembic("b")).toEqual(["history", "there"]);
    expect(await alembic("a")).toEqual(["history", "unknown", expect.stringContaining("alembic_version is at b, c")]);
  });

  it("is not there for plain files: those that leave no trace are unknown where they are possible", async () => {
    const verify = [{ query: "select to_regclass('orders') is not null", expected: "t" }];
    expect(await ask({ tool: "none" }, { verify })).toEqual(["history", "absent"]);

    await place.query("create table orders (id int)");
    expect(await ask({ tool: "none" }, { verify })).toEqual([
      "history",
      "unknown",
      expect.stringContaining("nobody can see"),
    ]);
  });
});
