import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectExit } from "../support/expect-exit";
import { findProgram } from "../../lib/testing/postgres/find-program";
import { VERSION_OF, WRITE_DIRECTORY, WRITTEN_MIGRATIONS } from "../support/migration-directories";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { sterna } from "./cli/sterna";

type Tool = keyof typeof VERSION_OF;
const TOOLS = (Object.keys(VERSION_OF) as Tool[]).filter((tool) => tool !== "alembic" || findProgram("alembic"));
/** How many of the migrations the tools ran before they were given up. */
const HALF = 13;

const variableOf = (tool: Tool): string => `${tool.replace("-", "_").toUpperCase()}_URL`;
const databaseOf = (tool: Tool, environment: string): string => `${tool.replace("-", "_")}_${environment}`;

const MAIN = `
const { App } = require("cdktf");
const { EnvironmentChain, Ledger, Migration, Pins, Release, SecretReference, SqlMigrations, SystemStack } = require(${JSON.stringify(join(repositoryRoot, "dist/lib/index.js"))});
const app = new App();
const environments = EnvironmentChain.fromFile("environments.json");
const pins = Pins.fromFile("releases.json", { systems: ["shop"], environments });
for (const environment of environments) {
  const stack = new SystemStack(app, {
    system: "shop", environment, releases: [new Release("1.0.0"), new Release("1.1.0")],
    release: pins.of("shop", environment), ledger: Ledger.file(),
  });
  new Migration(stack, "import", {
    from: "1.0.0", to: "1.1.0", acknowledge: { MigrationWithoutBackup: "a test" },
    steps: (migration) => {
${TOOLS.map(
  (tool) =>
    `      SqlMigrations.fromDirectory(migration, "db/${tool}", { database: SecretReference.environment("${variableOf(tool)}"), idPrefix: "${tool}", withoutDown: "keep"${tool === "flyway" ? ', placeholders: { audit: "audit" }' : ""} });`,
).join("\n")}
    },
  });
}
app.synth();
`;

requires("terraform", "postgres")("directories of 33 migrations each, one line of code for each", () => {
  const project = scratchDirectory("sql-migrations");
  let server: PostgresServer;
  const pin = (release: string): void =>
    writeFileSync(join(project, "releases.json"), JSON.stringify({ shop: { empty: release, half: release } }));
  const names = (environment: string) => TOOLS.map((tool) => databaseOf(tool, environment));
  const objects = (database: string) =>
    server.query<{ name: string }>(
      `select n.nspname || '.' || c.relname || ' ' || c.relkind as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
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
    writeFileSync(
      join(project, "environments.json"),
      JSON.stringify({ environments: [{ name: "empty" }, { name: "half" }] }),
    );
    pin("1.1.0");
    mkdirSync(join(project, ".sterna"));
    for (const environment of ["empty", "half"]) {
      const lines: string[] = [];
      for (const tool of TOOLS) {
        lines.push(`${variableOf(tool)}=${await server.createDatabase(databaseOf(tool, environment))}`);
      }
      writeFileSync(join(project, ".sterna", `${environment}.env`), `${lines.join("\n")}\n`, { mode: 0o600 });
    }
    for (const tool of TOOLS) WRITE_DIRECTORY[tool](join(project, "db", tool));
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(project, { recursive: true, force: true });
  });

  it("are adopted by no step on an empty database", async () => {
    // WHEN
    const adopted = await sterna(project, ["adopt", "shop", "empty", "--json"]);

    // THEN
    expectExit({ ...adopted, exitCode: adopted.status });
    const { steps } = JSON.parse(adopted.stdout) as { steps: { state: string }[] };
    expect(steps.length).toBeGreaterThanOrEqual(TOOLS.length * WRITTEN_MIGRATIONS.length);
    expect(new Set(steps.map(({ state }) => state))).toEqual(new Set(["absent"]));
  });

  it("are applied, verified, planned as nothing to do, and rolled back", async () => {
    // WHEN
    const applied = await sterna(project, ["apply", "shop", "empty", "--auto-approve"]);

    // THEN
    expectExit({ ...applied, exitCode: applied.status });
    const all = await Promise.all(names("empty").map(objects));
    for (const each of all) expect(each.filter(({ name }) => name !== "function user_label1")).toEqual(all[0]);
    expect(all[0]!.map(({ name }) => name)).toContain("public.Even r");

    // WHEN
    const verified = await sterna(project, ["verify", "shop", "empty"]);
    const plan = await sterna(project, ["plan", "shop", "empty"]);

    // THEN
    expect(verified.stdout).not.toMatch(/drift|unanswered/);
    expectExit({ ...verified, exitCode: verified.status });
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do") });

    // WHEN
    pin("1.0.0");
    const back = await sterna(project, ["apply", "shop", "empty", "--auto-approve"]);

    // THEN
    expectExit({ ...back, exitCode: back.status });
    pin("1.1.0");
    for (const name of names("empty")) {
      const left = (await objects(name)).filter(({ name }) => !/metrics|user_label/.test(name));
      expect({ name, left }).toEqual({ name, left: [] });
    }
  });

  it("are adopted as far as the table of the tool says, and the rest is applied", async () => {
    // GIVEN
    for (const tool of TOOLS) await applyHalf(server, tool);

    // WHEN
    const adopted = await sterna(project, ["adopt", "shop", "half", "--write", "--json"]);

    // THEN
    expectExit({ ...adopted, exitCode: adopted.status });
    const { steps } = JSON.parse(adopted.stdout) as { steps: { id: string; state: string }[] };
    for (const tool of TOOLS) {
      const own = steps.filter(({ id }) => id.startsWith(`${tool}-`)).map(({ state }) => state);
      const there = own.filter((state) => state === "there");
      expect({ tool, there: there.length, first: own.slice(0, HALF) }).toEqual({ tool, there: HALF, first: there });
    }

    // WHEN
    const applied = await sterna(project, ["apply", "shop", "half", "--auto-approve"]);
    const plan = await sterna(project, ["plan", "shop", "half"]);

    // THEN
    expectExit({ ...applied, exitCode: applied.status });
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing to do") });
  });

  it("are not adopted while golang-migrate calls the database dirty", async () => {
    // GIVEN
    const name = "dirty";
    const url = await server.createDatabase(name);
    await server.query("create table schema_migrations (version bigint primary key, dirty boolean not null)", name);
    await server.query("insert into schema_migrations values (3, true)", name);

    // WHEN
    const refused = await sterna(project, ["adopt", "shop", "empty", "--write"], { GOLANG_MIGRATE_URL: url });

    // THEN
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain("error[AdoptionRefused]");
    expect(refused.stdout.replace(/\s+/g, " ")).toContain("schema_migrations says that version 3 is dirty");
  });
});

/** What the tool leaves in a database after the first half: the objects, and its table. */
async function applyHalf(server: PostgresServer, tool: Tool): Promise<void> {
  const database = databaseOf(tool, "half");
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
