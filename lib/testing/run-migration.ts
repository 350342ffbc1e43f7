import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { Client, escapeIdentifier } from "pg";
import { SternaError } from "../core/errors";
import { applyStep } from "../engine/executor/apply-step";
import { Ledgers } from "../engine/executor/home-ledger";
import { rollbackStep } from "../engine/executor/rollback-step";
import { toDefinition } from "../engine/step-definition";
import { SystemStack } from "../environments/system-stack";
import type { StepDefinition } from "../manifest/step-record";
import type { Migration } from "../migrations/migration";
import "../provider/kinds";
import { databaseState } from "./postgres/database-state";
import { type PostgresServer, startPostgres } from "./postgres/server";
import { stepsOf } from "./steps-of";

/** Options of `TestRun.open` and `expectReversible`. */
export interface TestRunOptions {
  /**
   * Server on which databases are created for the run: one for each variable that an `SqlStep` names as its `database`.
   * @default - a server is started, and stopped at the end
   */
  readonly server?: PostgresServer;

  /**
   * Values of other variables that the steps refer to by `SecretReference.environment`.
   * @default - those of the process
   */
  readonly variables?: Readonly<Record<string, string>>;

  /**
   * SQL that runs in each new database before the first step, such as tables and rows of the release that the stack
   * begins with.
   * @default - the databases are empty
   */
  readonly seed?: string;
}

/**
 * Runs the steps of a stack in a test, with the engine that runs them inside Terraform, on databases of its own.
 *
 * One run at a time: while one is open, the variables of the process name its databases.
 */
export class TestRun {
  /**
   * Creates the databases of a run.
   *
   * @param stack whose steps are run: those of its release and of all older ones
   * @throws ValidationError or Error if the stack is not valid, SternaError `PostgresMissing`, `PostgresFailed`
   */
  static async open(stack: SystemStack, options: TestRunOptions = {}): Promise<TestRun> {
    const steps = stepsOf(stack).map(({ block, program }) => {
      const given = { ...block, system: stack.system, program: JSON.stringify(program) };
      return toDefinition(given, stack.environment.name);
    });
    const names = [...new Set(steps.flatMap(({ program }) => databaseVariable(program)))];
    const server = options.server ?? (names.length === 0 ? undefined : await startPostgres());
    const run = new TestRun(stack, steps, server, options.server === undefined);
    try {
      run.set(options.variables ?? {});
      for (const name of names) await run.createDatabase(name, options.seed);
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** Variables that name the databases of this run, such as `SHOP_DATABASE_URL`, with their connection URLs. */
  readonly databases: Record<string, string> = {};
  private readonly folder = mkdtempSync(join(tmpdir(), "sterna-test-run-"));
  private readonly ledgers: Ledgers;
  private readonly before = new Map<string, string | undefined>();

  private constructor(
    stack: SystemStack,
    private readonly steps: readonly StepDefinition[],
    private readonly server: PostgresServer | undefined,
    private readonly isServerOwn: boolean,
  ) {
    const place = { system: stack.system, environment: stack.environment.name, directory: this.folder };
    this.ledgers = new Ledgers(() => ({ kind: "file", directory: "ledger" }), place);
  }

  /**
   * Applies steps in their order. Steps that are applied already do not run again.
   *
   * @param ids of the steps @default - all steps of the stack
   * @throws Error why a step failed
   */
  async apply(ids: readonly string[] = this.steps.map(({ id }) => id)): Promise<void> {
    for (const step of this.steps.filter(({ id }) => ids.includes(id))) {
      const { home, receipts } = this.ledgers.of(step);
      await applyStep(step, home, { ...(receipts && { receipts }) });
    }
  }

  /**
   * Rolls steps back in reverse order. Steps that are not applied are left out.
   *
   * @param ids of the steps @default - all steps of the stack
   * @throws Error why a step could not be undone
   */
  async revert(ids: readonly string[] = this.steps.map(({ id }) => id)): Promise<void> {
    for (const step of this.steps.filter(({ id }) => ids.includes(id)).reverse()) {
      const { home, receipts } = this.ledgers.of(step);
      await rollbackStep(step, home, { ...(receipts && { receipts }) });
    }
  }

  /**
   * Runs SQL in a database of the run.
   *
   * @param variable that names the database @default - the only database
   * @returns the rows of the last statement
   */
  async query<Row = Record<string, unknown>>(sql: string, variable = Object.keys(this.databases)[0]): Promise<Row[]> {
    const url = this.databases[variable ?? ""];
    if (url === undefined)
      throw new Error(`the run has no database ${variable}; it has ${Object.keys(this.databases).join(", ")}`);
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      const result = await client.query(sql);
      return (Array.isArray(result) ? result.at(-1) : result).rows;
    } finally {
      await client.end();
    }
  }

  /** Objects and rows of all databases, one line each, without what Sterna keeps there. */
  async state(): Promise<string[]> {
    const states = Object.values(this.databases).map((url) => databaseState(url));
    return (await Promise.all(states)).flat();
  }

  /** Removes the databases, and gives the variables of the process back. */
  async close(): Promise<void> {
    await this.ledgers.close();
    for (const [name, value] of this.before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(this.folder, { recursive: true, force: true });
    if (this.isServerOwn) return this.server?.stop();
    for (const url of Object.values(this.databases)) {
      const name = decodeURIComponent(new URL(url).pathname.slice(1));
      await this.server?.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    }
  }

  private async createDatabase(variable: string, seed: string | undefined): Promise<void> {
    const url = await this.server!.createDatabase(`sterna_test_${randomBytes(6).toString("hex")}`);
    this.databases[variable] = url;
    this.set({ [variable]: url });
    if (seed !== undefined) await this.query(seed, variable);
  }

  private set(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) {
      if (!this.before.has(name)) this.before.set(name, process.env[name]);
      process.env[name] = value;
    }
  }
}

/** The variable that names the database of a program. */
function databaseVariable(program: StepDefinition["program"]): string[] {
  const { database } = program as { readonly database?: { readonly env?: string } };
  return typeof database?.env === "string" ? [database.env] : [];
}

/**
 * Applies a migration on databases of its own, rolls it back, and applies it again. Steps of older migrations of the
 * stack come first. The rollback must leave every table, column, index, constraint, function, type, trigger and row as
 * the migration found it, and the second apply must give the same result as the first.
 *
 * @throws SternaError `MigrationNotReversible` with what differs; Error why a step failed
 */
export async function expectReversible(migration: Migration, options: TestRunOptions = {}): Promise<void> {
  const ids = migration.sections.flat().map((step) => step.node.id);
  const name = migration.node.id;
  if (ids.length === 0) {
    throw new SternaError(
      "MigrationNotReversible",
      `migration "${name}" has no steps in this stack: its release ${migration.to} is newer than the pinned one; pin the stack to ${migration.to}`,
    );
  }
  const stack = SystemStack.of(migration);
  const run = await TestRun.open(stack, options);
  try {
    const all = stepsOf(stack).map(({ id }) => id);
    await run.apply(all.slice(0, Math.min(...ids.map((id) => all.indexOf(id)))));
    const before = await run.state();
    await run.apply(ids);
    const after = await run.state();
    await run.revert(ids);
    requireEqual(
      before,
      await run.state(),
      `the rollback of migration "${name}" does not restore what was there before`,
    );
    await run.apply(ids);
    requireEqual(after, await run.state(), `migration "${name}" gives another result when it is applied again`);
  } finally {
    await run.close();
  }
}

const MOST_DIFFERENCES = 20;

function requireEqual(expected: readonly string[], actual: readonly string[], message: string): void {
  const differences = [
    ...expected.filter((line) => !actual.includes(line)).map((line) => `  missing: ${line}`),
    ...actual.filter((line) => !expected.includes(line)).map((line) => `  left:    ${line}`),
  ];
  if (differences.length === 0) return;
  const shown = differences.slice(0, MOST_DIFFERENCES);
  const more = differences.length - shown.length;
  const rest = more === 0 ? [] : [`  and ${more} more`];
  throw new SternaError("MigrationNotReversible", [`${message}:`, ...shown, ...rest].join("\n"));
}
