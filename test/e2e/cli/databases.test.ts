import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";
import { TestProject, type ProjectStep } from "../../cli/project";
import { buildCli, sterna } from "./sterna";

const CREATE: ProjectStep = {
  id: "create-table",
  release: "1.0.0",
  program: {
    kind: "sql",
    database: { env: "SHOP_DATABASE_URL" },
    up: "create table orders (id int)",
    down: "drop table orders",
    verify: [{ query: "select count(*) from orders", expected: "0" }],
  },
};

requires("terraform", "postgres")("steps that keep their row in the database that they change", () => {
  let server: PostgresServer;
  let project: TestProject;
  const run = (...args: string[]) => sterna(project.directory, args);
  const summaries = async () => {
    const { systems } = JSON.parse((await run("status", "--json")).stdout) as {
      systems: { environment: string; summary: object }[];
    };
    return Object.fromEntries(systems.map(({ environment, summary }) => [environment, summary]));
  };

  beforeAll(async () => {
    await buildCli();
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    project = new TestProject({ pins, steps: [CREATE], provider: true });
    mkdirSync(project.path(".sterna"));
    for (const environment of ["development", "staging", "production"]) {
      const url = await server.createDatabase(environment);
      writeFileSync(project.path(`.sterna/${environment}.env`), `SHOP_DATABASE_URL=${url}\n`, { mode: 0o600 });
    }
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("are seen by status and promote, each environment through its own file of variables", async () => {
    // WHEN
    expect((await run("apply", "shop", "development", "--auto-approve")).status).toBe(0);

    // THEN
    expect(await summaries()).toEqual({ development: { applied: 1 }, staging: {}, production: {} });

    // WHEN
    expect((await run("promote", "shop", "development", "staging")).status).toBe(2);
    expect((await run("apply", "shop", "staging")).status).toBe(0);

    // THEN
    expect(await summaries()).toMatchObject({ staging: { applied: 1 } });

    // WHEN the pin is lowered, the configuration does not name the database any more
    expect((await run("rollback", "shop", "staging", "--to", "0.1.0")).status).toBe(2);

    // THEN
    expect(await summaries()).toMatchObject({ staging: { leftover: 1 } });
    expect((await run("apply", "shop", "staging")).status).toBe(0);
    expect(await summaries()).toMatchObject({ staging: {} });
    expect(await server.query("select to_regclass('orders') as found", "staging")).toEqual([{ found: null }]);
  });
});
