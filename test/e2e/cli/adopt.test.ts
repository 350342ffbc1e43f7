import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";
import { scriptStep, TestProject, type ProjectStep } from "../../cli/project";
import { buildCli, sterna } from "./sterna";
import { unwrapped } from "../../support/unwrapped";

const ORDERS = sqlStep("create-orders", "1.0.0", {
  up: "create table orders (id int primary key)",
  verify: [{ query: "select to_regclass('orders') is not null", expected: "t" }],
});
const AMOUNT = sqlStep(
  "add-amount",
  "1.0.0",
  {
    up: "alter table orders add column amount numeric",
    probe: { query: "select count(*) from pg_attribute where attname = 'amount'", expected: "1" },
    verify: [{ query: "select count(amount) from orders", expected: "0" }],
  },
  ["create-orders"],
);
const CONFIGURE = scriptStep("configure", "1.0.0", { after: ["add-amount"] });
const LATER = sqlStep("create-refunds", "2.0.0", {
  up: "create table refunds (id int)",
  verify: [{ query: "select count(*) from refunds", expected: "0" }],
});
const STEPS = [ORDERS, AMOUNT, CONFIGURE, LATER];

requires("terraform", "postgres")("an environment that was migrated by hand", () => {
  let server: PostgresServer;
  let project: TestProject;
  const run = (...args: string[]) => sterna(project.directory, args);
  const adopt = (...args: string[]) => run("adopt", "shop", "development", ...args);
  const rows = async () => {
    const { stdout } = await run("ledger", "list", "shop", "development", "--json");
    return (JSON.parse(stdout) as { rows: { id: string; status: string; adopted?: boolean }[] }).rows.map(
      ({ id, status, adopted = false }) => ({ id, status, adopted }),
    );
  };
  const migrateByHand = async () => {
    await server.query("create table orders (id int primary key); insert into orders values (1)", "development");
    await server.query("alter table orders add column amount numeric", "development");
    writeFileSync(project.path("world-development"), "up configure\n");
  };

  beforeAll(async () => {
    await buildCli();
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    const pins = { development: "2.0.0", staging: "0.1.0", production: "0.1.0" };
    project = new TestProject({ pins, steps: STEPS, provider: true });
    await server.query("drop database if exists development with (force)");
    const url = await server.createDatabase("development");
    mkdirSync(project.path(".sterna"));
    writeFileSync(project.path(".sterna/development.env"), `SHOP_DATABASE_URL=${url}\n`, { mode: 0o600 });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("is adopted without running anything; the next plan adopts it, and the one after is empty", async () => {
    // GIVEN
    await migrateByHand();
    await server.query("create table refunds (id int)", "development");

    // WHEN
    const report = await adopt();

    // THEN
    expect(report.status).toBe(0);
    expect(report.stdout).toMatch(/✓ create-orders .*there: its verify queries hold/);
    expect(report.stdout).toMatch(/✓ add-amount .*there: its probe finds it/);
    expect(await rows()).toEqual([]);
    expect(await server.query("select to_regnamespace('sterna') as found", "development")).toEqual([{ found: null }]);

    // WHEN
    const written = await adopt("--write");

    // THEN
    expect(unwrapped(written.stdout)).toContain("4 steps adopted; nothing was run");
    const adopted = STEPS.map(({ id }) => ({ id, status: "applied", adopted: true }));
    expect(await rows()).toEqual(expect.arrayContaining(adopted));

    // WHEN
    const apply = await run("apply", "shop", "development", "--auto-approve");

    // THEN
    expect(apply.status).toBe(0);
    expect(apply.stdout).toMatch(/Steps that are applied already: adopted, not run again:\n(.*\n){3}/);
    expect(apply.stdout).not.toContain("Steps to run");
    expect(await rows()).toEqual(expect.arrayContaining(adopted));
    expect(await server.query("select id, amount from orders", "development")).toEqual([{ id: 1, amount: null }]);
    const plan = await run("plan", "shop", "development");
    expect(unwrapped(plan.stdout)).toContain("Nothing to do");
    expect(plan.status).toBe(0);
  });

  it("gets the steps that are not there from the next apply", async () => {
    // GIVEN
    await migrateByHand();

    // WHEN
    const adopted = await adopt("--write", "--json");

    // THEN
    expect(JSON.parse(adopted.stdout)).toMatchObject({
      written: true,
      steps: [{ state: "there" }, { state: "there" }, { state: "there" }, { id: "create-refunds", state: "absent" }],
    });
    const apply = await run("apply", "shop", "development", "--auto-approve");
    expect(apply.stdout).toMatch(/Steps to run, in this order:\n {2}1\. create-refunds/);
    expect(apply.status).toBe(0);
    expect(await server.query("select to_regclass('refunds')::text as found", "development")).toEqual([
      { found: "refunds" },
    ]);
  });

  it("is refused where a step is there and one before it is not, unless that is said to be right", async () => {
    // GIVEN
    await server.query("create table refunds (id int)", "development");

    // WHEN
    const refused = await adopt("--write");

    // THEN
    expect(refused.status).toBe(3);
    expect(unwrapped(refused.stdout)).toContain(
      "but these, which come before it, are not: create-orders, add-amount, configure",
    );
    expect(refused.stderr).toContain("error[AdoptionRefused]");
    expect(await rows()).toEqual([]);

    // WHEN
    const allowed = await adopt("--write", "--allow-gaps");

    // THEN
    expect(allowed.status).toBe(0);
    expect(await rows()).toEqual([{ id: "create-refunds", status: "applied", adopted: true }]);
  });

  it("is refused where could not be determined", async () => {
    await migrateByHand();
    const broken = sqlStep("broken", "1.0.0", { up: "select 1", verify: [{ query: "select 1/0", expected: "1" }] });
    project.define({ steps: [...STEPS, broken], provider: true });

    const { status, stdout, stderr } = await adopt("--write");

    expect(status).toBe(3);
    expect(stdout).toMatch(/\? broken .*could not be determined\)\n +division by zero/);
    expect(stderr).toContain("could not be determined whether broken is applied already");
    expect(await rows()).toEqual([]);
  });

  it("runs no step's up while it looks", async () => {
    await adopt();

    expect(existsSync(project.path("world-development"))).toBe(false);
    expect(await server.query("select to_regclass('orders') as found", "development")).toEqual([{ found: null }]);
  });
});

function sqlStep(id: string, release: string, program: object, after: string[] = []): ProjectStep {
  const database = { env: "SHOP_DATABASE_URL" };
  return { id, release, after, program: { kind: "sql", database, down: "select 1", ...program } as never };
}
