import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { applyStep } from "../../../lib/engine/executor/apply-step";
import { PostgresLedger } from "../../../lib/engine/ledgers/postgres-ledger";
import { program } from "../../support/program";
import type { StepDefinition } from "../../../lib/manifest/step-record";
import { scriptStep, TestProject, type ProjectStep } from "../../cli/project";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";
import { buildCli, sterna } from "./sterna";

const SECRET = "correct-horse-battery";
const CREATE: ProjectStep = {
  id: "create-table",
  release: "1.0.0",
  program: {
    kind: "sql",
    database: { env: "SHOP_DATABASE_URL" },
    up: "create table orders (id int); insert into orders values (1)",
    verify: [
      { query: "select count(*) from orders where current_setting('sterna.SHOP') = 'shop'", expected: "1" },
      { query: "select current_setting('TimeZone')", expected: "UTC" },
    ],
  },
  variables: { SHOP: "shop" },
};
const RUN = scriptStep("run-script", "1.0.0");

requires("postgres")("sterna verify", () => {
  let server: PostgresServer;
  let project: TestProject;
  let url: string;
  const run = (...args: string[]) =>
    sterna(project.directory, ["verify", "shop", "development", ...args], { PASSWORD: SECRET });

  beforeAll(async () => {
    await buildCli();
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    project = new TestProject({ pins, steps: [CREATE, RUN] });
    await server.query("drop database if exists development with (force)");
    url = await server.createDatabase("development");
    mkdirSync(project.path(".sterna"));
    writeFileSync(project.path(".sterna/development.env"), `SHOP_DATABASE_URL=${url}\n`, { mode: 0o600 });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  async function applySql(): Promise<void> {
    const scope = { system: "shop", environment: "development" };
    const ledger = new PostgresLedger({ url, schema: "sterna", scope });
    process.env.SHOP_DATABASE_URL = url;
    await applyStep(definitionOf(CREATE), ledger);
    delete process.env.SHOP_DATABASE_URL;
    await ledger.close();
  }

  function recordScript(change: { verify?: string; status?: "failed" } = {}): void {
    const query = change.verify ?? `cat "$WORLD"`;
    const step = { ...RUN, program: { ...RUN.program, verify: [{ query, expected: "up run-script" }] } as never };
    const status = change.status ?? "applied";
    project.record("development", step, { status, variables: { WORLD: project.path("world-development") } });
  }

  it("holds while every query of every applied step gives the expected answer", async () => {
    // GIVEN
    await applySql();
    recordScript();
    writeFileSync(project.path("world-development"), "up run-script\n");

    // WHEN
    const { status, stdout } = await run();

    // THEN
    expect(stdout).toMatch(/✓ create-table[\s\S]*✓ run-script[\s\S]*2 of 2 steps hold\./);
    expect(status).toBe(0);
  });

  it("reports drift with what was expected, and ends with 1", async () => {
    // GIVEN
    await applySql();
    recordScript();
    writeFileSync(project.path("world-development"), "something else\n");
    await server.query("delete from orders", "development");

    // WHEN
    const { status, stdout } = await run("--json");

    // THEN
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      holds: false,
      steps: [
        { id: "create-table", verdict: "drift", checks: [{ expected: "1", actual: "0" }, { actual: "UTC" }] },
        { id: "run-script", verdict: "drift", checks: [{ expected: "up run-script", actual: "something else" }] },
      ],
    });
  });

  it("changes nothing in a database, whatever a query would do", async () => {
    // GIVEN
    project.define({
      steps: [{ ...CREATE, program: { ...CREATE.program, verify: [WRITING] } as never }],
    });
    await applySql();
    await server.query(
      `update sterna.ledger set record = jsonb_set(record::jsonb, '{program,verify}', '${JSON.stringify([WRITING]).replaceAll("'", "''")}')::text`,
      "development",
    );

    // WHEN
    const { status, stdout } = await run();

    // THEN
    expect(status).toBe(1);
    expect(stdout).toMatch(/\? create-table[\s\S]*cannot be asked: .*read-only transaction/);
    expect(await server.query("select count(*)::int from orders", "development")).toEqual([{ count: 1 }]);
  });

  it("does not ask steps that are not applied, and says so", async () => {
    recordScript({ status: "failed", verify: `touch "$WORLD"` });

    const { status, stdout } = await run();

    expect(status).toBe(0);
    expect(stdout).toContain("– run-script  Title of run-script (1.0.0, failed: not asked)");
    expect(() => readFileSync(project.path("world-development"))).toThrow("ENOENT");
  });

  it("keeps secrets out of the answers", async () => {
    const program = { ...RUN.program, environment: { PASSWORD: { env: "PASSWORD" } }, verify: [LEAKING] } as never;
    project.record("development", { ...RUN, program });

    const { status, stdout, stderr } = await run("--json");

    expect(status).toBe(1);
    expect(JSON.parse(stdout).steps[0].checks[0].actual).toBe("it is ***");
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

const WRITING = { query: "with gone as (delete from orders returning 1) select count(*) from gone", expected: "1" };
const LEAKING = { query: 'echo "it is $PASSWORD"', expected: "secret" };

function definitionOf(step: ProjectStep): StepDefinition {
  return {
    id: step.id,
    system: "shop",
    environment: "development",
    release: step.release,
    title: step.id,
    phase: "migrate",
    program: program.parse(step.program),
    variables: step.variables ?? {},
    after: [],
    onRetry: "resume",
    onStop: "stop",
    onDestroy: "rollback",
  };
}
