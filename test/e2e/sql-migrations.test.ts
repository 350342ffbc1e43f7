import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectExit } from "../support/expect-exit";
import { VERSION_OF, WRITE_DIRECTORY, WRITTEN_MIGRATIONS } from "../support/migration-directories";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { sterna } from "./cli/sterna";
import { isFull } from "../support/sample";

type Tool = keyof typeof VERSION_OF;
const TOOLS = Object.keys(VERSION_OF) as Tool[];
/** How many of the migrations the tools ran before they were given up. */
const HALF = 13;

/** The system with all directories, one after the other, and a system for each tool. */
const ALL = "all";
const SYSTEMS = [ALL, ...TOOLS];
/** What the engine makes of a step is the same for all tools. */
const APPLIED = isFull ? TOOLS : TOOLS.filter((tool) => ["golang-migrate", "flyway"].includes(tool));

/** A table with the newest version, one with a row for each, and none. */
const ADOPTED = isFull ? TOOLS : TOOLS.filter((tool) => ["golang-migrate", "flyway", "numbered"].includes(tool));

const variableOf = (tool: Tool): string => `${tool.replace("-", "_").toUpperCase()}_URL`;
const databaseOf = (tool: Tool, system: string): string => `${tool}_${system === ALL ? ALL : "half"}`.replace("-", "_");

const MAIN = `
const { App } = require("cdktf");
const { EnvironmentChain, Ledger, Migration, Pins, Release, SecretReference, SqlMigrations, SystemStack } = require(${JSON.stringify(join(repositoryRoot, "dist/lib/index.js"))});
const app = new App();
const systems = ${JSON.stringify(SYSTEMS)};
const { only } = JSON.parse(require("node:fs").readFileSync("only.json", "utf8"));
const environments = EnvironmentChain.fromFile("environments.json");
const pins = Pins.fromFile("releases.json", { systems, environments });
for (const environment of environments) {
  for (const system of systems.filter((each) => each === only)) {
    const stack = new SystemStack(app, {
      system, environment, releases: [new Release("1.0.0"), new Release("1.1.0")],
      release: pins.of(system, environment), ledger: Ledger.file(),
    });
    new Migration(stack, "import", {
      from: "1.0.0", to: "1.1.0", acknowledge: { MigrationWithoutBackup: "a test" },
      steps: (migration) => {
        for (const tool of systems.filter((each) => each !== "${ALL}" && (each === system || (system === "${ALL}" && ${JSON.stringify(APPLIED)}.includes(each))))) {
          const database = SecretReference.environment(tool.replace("-", "_").toUpperCase() + "_URL");
          SqlMigrations.fromDirectory(migration, "db/" + tool, { database, idPrefix: tool, withoutDown: "keep", placeholders: { audit: "audit" } });
        }
      },
    });
  }
}
app.synth();
`;

requires(
  "terraform",
  "postgres",
  "alembic",
)("directories of 33 migrations each, one line of code for each", () => {
  const project = scratchDirectory("sql-migrations");
  let server: PostgresServer;
  const pin = (release: string): void =>
    writeFileSync(
      join(project, "releases.json"),
      JSON.stringify(Object.fromEntries(SYSTEMS.map((system) => [system, { test: release }]))),
    );
  const databases = APPLIED.map((tool) => databaseOf(tool, ALL));
  const urls: Record<string, string> = {};
  const use = (system: string): void => {
    writeFileSync(join(project, "only.json"), JSON.stringify({ only: system }));
    const lines = TOOLS.map((tool) => `${variableOf(tool)}=${urls[databaseOf(tool, system)]}\n`);
    writeFileSync(join(project, ".sterna/test.env"), lines.join(""), { mode: 0o600 });
  };
  const objects = (database: string) =>
    server.query<{ name: string }>(
      `select n.nspname || '.' || c.relname || ' ' || c.relkind::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('public', 'audit') and c.relname !~ '(schema_migrations|schema_history|alembic_version)'
       union select 'function ' || proname || pronargs from pg_proc where pronamespace = 'public'::regnamespace
       union select 'type ' || typname from pg_type where typtype in ('e', 'd') and typnamespace = 'public'::regnamespace
       order by 1`,
      database,
    );

  beforeAll(async () => {
    server = await startPostgres();
    writeFileSync(join(project, "main.cjs"), MAIN);
    writeFileSync(join(project, "cdktf.json"), JSON.stringify({ app: "node main.cjs", language: "typescript" }));
    writeFileSync(join(project, "environments.json"), JSON.stringify({ environments: [{ name: "test" }] }));
    pin("1.1.0");
    mkdirSync(join(project, ".sterna"));
    for (const database of SYSTEMS.flatMap((system) => TOOLS.map((tool) => databaseOf(tool, system)))) {
      urls[database] ??= await server.createDatabase(database);
    }
    use(ALL);
    for (const tool of TOOLS) WRITE_DIRECTORY[tool](join(project, "db", tool));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(project, { recursive: true, force: true });
  });

  it("are adopted by no step on an empty database", async () => {
    // WHEN
    const adopted = await sterna(project, ["adopt", ALL, "test", "--json"]);

    // THEN
    expectExit({ ...adopted, exitCode: adopted.status });
    const { steps } = JSON.parse(adopted.stdout) as { steps: { state: string }[] };
    expect(steps.length).toBeGreaterThanOrEqual(APPLIED.length * WRITTEN_MIGRATIONS.length);
    expect(new Set(steps.map(({ state }) => state))).toEqual(new Set(["absent"]));
  });

  it("are not adopted while golang-migrate calls the database dirty", async () => {
    // GIVEN
    const database = databaseOf("golang-migrate", ALL);
    await server.query("create table schema_migrations (version bigint primary key, dirty boolean not null)", database);
    await server.query("insert into schema_migrations values (3, true)", database);

    // WHEN
    const refused = await sterna(project, ["adopt", ALL, "test", "--write"]);
    await server.query("drop table schema_migrations", database);

    // THEN
    expect(refused.stdout.replace(/\s+/g, " ")).toContain("schema_migrations says that version 3 is dirty");
    expect(refused.stderr).toContain("error[AdoptionRefused]");
    expect(refused.status).toBe(3);
  });

  it("are applied, verified, and planned as nothing to do", async () => {
    // WHEN
    const applied = await sterna(project, ["apply", ALL, "test", "--auto-approve"]);

    // THEN
    expectExit({ ...applied, exitCode: applied.status });
    const all = await Promise.all(databases.map(objects));
    for (const each of all) expect(each.filter(({ name }) => name !== "function user_label1")).toEqual(all[0]);
    expect(all[0]!.map(({ name }) => name)).toContain("public.Even r");

    // WHEN
    const verified = await sterna(project, ["verify", ALL, "test"]);
    const plan = await sterna(project, ["plan", ALL, "test"]);

    // THEN
    expect(verified.stdout).not.toMatch(/drift|unanswered/);
    expectExit({ ...verified, exitCode: verified.status });
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do") });
  });

  it("are adopted as far as the table of the tool says, and the rest is applied", async () => {
    for (const tool of ADOPTED) {
      use(tool);
      // GIVEN
      await applyHalf(server, tool);

      // WHEN
      const adopted = await sterna(project, ["adopt", tool, "test", "--write", "--json"]);

      // THEN
      expectExit({ ...adopted, exitCode: adopted.status });
      const { steps } = JSON.parse(adopted.stdout) as { steps: { id: string; state: string }[] };
      const there = steps.filter(({ state }) => state === "there").map(({ id }) => id);
      const expected = WRITTEN_MIGRATIONS.slice(0, HALF).map((_, index) => idOf(tool, index));
      expect(there.sort()).toEqual(expected.sort());
      expect(steps.filter(({ state }) => state === "absent")).toHaveLength(steps.length - HALF);
    }

    // WHEN
    use("flyway");
    const applied = await sterna(project, ["apply", "flyway", "test", "--auto-approve"]);
    const plan = await sterna(project, ["plan", "flyway", "test"]);

    // THEN
    expectExit({ ...applied, exitCode: applied.status });
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do") });
    const [empty, half] = await Promise.all([ALL, "flyway"].map((system) => objects(databaseOf("flyway", system))));
    expect(half).toEqual(empty);
  });

  it("are rolled back to an empty database", async () => {
    // WHEN
    use(ALL);
    pin("1.0.0");
    const planned = await sterna(project, ["plan", ALL, "test"]);
    expectExit({ ...planned, exitCode: planned.status }, 2);
    const back = await sterna(project, ["apply", ALL, "test", "--auto-approve"]);

    // THEN
    expectExit({ ...back, exitCode: back.status });
    pin("1.1.0");
    for (const name of databases) {
      const left = (await objects(name)).filter(({ name }) => !/user_label/.test(name));
      expect({ name, left }).toEqual({ name, left: [] });
    }
  });
});

const idOf = (tool: Tool, index: number): string => `${tool}-${VERSION_OF[tool](index).replace(".", "-")}`;

/** What the tool leaves in a database after the first half: the objects, and its table. */
async function applyHalf(server: PostgresServer, tool: Tool): Promise<void> {
  const database = databaseOf(tool, tool);
  for (const { up } of WRITTEN_MIGRATIONS.slice(0, HALF)) await server.query(up, database);
  const versions = WRITTEN_MIGRATIONS.slice(0, HALF).map((_, index) => VERSION_OF[tool](index));
  const rows = versions.map((version) => `('${version}')`).join(", ");
  switch (tool) {
    case "golang-migrate":
      return void (await server.query(
        `create table schema_migrations (version bigint primary key, dirty boolean not null); insert into schema_migrations values (${HALF}, false)`,
        database,
      ));
    case "dbmate":
      return void (await server.query(
        `create table schema_migrations (version varchar primary key); insert into schema_migrations values ${rows}`,
        database,
      ));
    case "diesel":
      return void (await server.query(
        `create table __diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp);
         insert into __diesel_schema_migrations (version) values ${rows}`,
        database,
      ));
    case "alembic":
      return void (await server.query(
        `create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('${versions.at(-1)}')`,
        database,
      ));
    case "flyway":
      await server.query(
        `create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200) not null,
           type varchar(20) not null, script varchar(1000) not null, checksum integer, installed_by varchar(100) not null,
           installed_on timestamp not null default now(), execution_time integer not null, success boolean not null)`,
        database,
      );
      return void (await server.query(
        `insert into flyway_schema_history select n, v, 'x', 'SQL', 'V' || v, null, 'me', now(), 1, true
         from unnest(array[${versions.map((version) => `'${version}'`).join(", ")}]) with ordinality as t (v, n)`,
        database,
      ));
    case "numbered":
      return;
  }
}
