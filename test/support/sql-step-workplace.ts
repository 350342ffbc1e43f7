import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { applyStep, type Applied } from "../../lib/engine/executor/apply-step";
import { PostgresLedger } from "../../lib/engine/ledgers/postgres-ledger";
import type { ProgramInput } from "./program";
import { stepDefinition, type StepDefinition } from "../../lib/manifest/step-record";
import { startPostgres, type PostgresServer } from "./postgres";
import { scratchDirectory } from "./repository";

const LONGEST_WAIT_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 50;

type SqlInput = Extract<ProgramInput, { kind: "sql" }>;

/** A server with a new database for each test of the enclosing `describe`, for SQL steps. */
export class SqlStepWorkplace {
  readonly logs: string;
  /** What the steps of this test said. */
  said: string[] = [];
  ledger!: PostgresLedger;
  /** Name of the database of this test. */
  name = "";
  private server!: PostgresServer;
  private databases = 0;
  private clients: Client[] = [];

  constructor(prefix: string) {
    this.logs = scratchDirectory(prefix);
    beforeAll(async () => {
      this.server = await startPostgres();
    });
    afterAll(async () => {
      await this.server?.stop();
      rmSync(this.logs, { recursive: true, force: true });
    });
    beforeEach(async () => {
      this.name = `${prefix}_${++this.databases}`;
      this.said = [];
      const url = await this.server.createDatabase(this.name);
      process.env.STEP_DATABASE_URL = url;
      this.ledger = new PostgresLedger({ url, schema: "sterna", scope: { system: "shop", environment: "staging" } });
    });
    afterEach(async () => {
      await Promise.all(this.clients.splice(0).map((client) => client.end()));
      await this.ledger.close();
      delete process.env.STEP_DATABASE_URL;
    });
  }

  step(program: Partial<SqlInput>, overrides: Partial<StepDefinition> = {}): StepDefinition {
    return stepDefinition.parse({
      id: "s1",
      system: "shop",
      environment: "staging",
      release: "1.0.0",
      title: "A step",
      phase: "migrate",
      program: {
        kind: "sql",
        database: { env: "STEP_DATABASE_URL" },
        up: "create table t (n int)",
        down: "drop table if exists t",
        verify: [{ query: "select 1", expected: "1" }],
        ...program,
      },
      variables: {},
      after: [],
      onRetry: "resume",
      onDestroy: "rollback",
      ...overrides,
    });
  }

  options(more: { signal?: AbortSignal } = {}) {
    return { logs: this.logs, onProgress: (message: string) => void this.said.push(message), ...more };
  }

  async apply(program: Partial<SqlInput>, overrides: Partial<StepDefinition> = {}): Promise<Applied> {
    return applyStep(this.step(program, overrides), this.ledger, this.options());
  }

  async query<Row = Record<string, unknown>>(sql: string): Promise<Row[]> {
    return this.server.query<Row>(sql, this.name);
  }

  /** Another session of the database. */
  async connect(): Promise<Client> {
    const client = new Client(this.server.url(this.name));
    this.clients.push(client);
    await client.connect();
    return client;
  }

  /** Waits until a step says something. */
  async until(message: RegExp): Promise<void> {
    for (const end = Date.now() + LONGEST_WAIT_MILLISECONDS; Date.now() < end; await sleep(POLL_MILLISECONDS)) {
      if (this.said.some((text) => message.test(text))) return;
    }
    throw new Error(`no step said ${message}, only:\n${this.said.join("\n")}`);
  }
}
