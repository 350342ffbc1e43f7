import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PostgresServer } from "../support/postgres";
import { parseCommandLog, type CommandEvent } from "./command-log";
import type { ChaosStep } from "./steps";

/** What the steps of a round did, looked at past the engine. */
export class World {
  constructor(
    readonly directory: string,
    private readonly server: PostgresServer,
    private readonly database: string,
  ) {
    mkdirSync(directory);
  }

  /** Makes the tables that SQL steps write to. @returns the URL of the database */
  async prepare(): Promise<string> {
    const url = await this.server.createDatabase(this.database);
    await this.query(`create table effects (step text not null, run uuid not null);
      create table undone (step text not null, run uuid not null);
      create table failing_downs (step text primary key);
      create sequence parallel_runs`);
    return url;
  }

  async remove(): Promise<void> {
    await this.server.query(`drop database if exists ${this.database} with (force)`);
  }

  /** How often each SQL step has its effect. */
  async effects(): Promise<Map<string, number>> {
    return this.count("effects");
  }

  /** How often each SQL step was undone. */
  async undone(): Promise<Map<string, number>> {
    return this.count("undone");
  }

  /** The steps whose effect is there, out of some. */
  async done(steps: readonly ChaosStep[]): Promise<ChaosStep[]> {
    const effects = await this.effects();
    return steps.filter((step) => (step.kind === "sql" ? effects.has(step.id) : this.commandDone(step.id)));
  }

  commandDone(id: string): boolean {
    return existsSync(join(this.directory, `${id}.done`));
  }

  commandEvents(): CommandEvent[] {
    const log = join(this.directory, "log");
    return existsSync(log) ? parseCommandLog(readFileSync(log, "utf8")) : [];
  }

  /** Whether an SQL step ever ran in two sessions at once. */
  async sqlRanInParallel(): Promise<boolean> {
    const [row] = await this.query<{ parallel: boolean }>("select is_called as parallel from parallel_runs");
    return row!.parallel;
  }

  /** Whether an SQL step is at work now. */
  async sqlAtWork(): Promise<boolean> {
    const [row] = await this.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like '%pg_sleep%'`,
    );
    return row!.n > 0;
  }

  /** Ends the sessions that hold the locks of steps, as an administrator or a failover does. @returns how many */
  async endLockSessions(): Promise<number> {
    const ended = await this.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like 'sterna, process%'`,
    );
    return ended.length;
  }

  /** Makes the `down` of a step fail. That of a command fails once; that of SQL until `mendDowns`. */
  async breakDown(step: ChaosStep): Promise<void> {
    if (step.kind === "command") writeFileSync(join(this.directory, `${step.id}.fails`), "");
    else await this.query(`insert into failing_downs values ('${step.id}') on conflict do nothing`);
  }

  async mendDowns(step: ChaosStep): Promise<void> {
    if (step.kind === "command") rmSync(join(this.directory, `${step.id}.fails`), { force: true });
    else await this.query(`delete from failing_downs`);
  }

  private async count(table: "effects" | "undone"): Promise<Map<string, number>> {
    const rows = await this.query<{ step: string; n: number }>(
      `select step, count(*)::int as n from ${table} group by step`,
    );
    return new Map(rows.map(({ step, n }) => [step, n]));
  }

  private async query<Row = Record<string, unknown>>(sql: string): Promise<Row[]> {
    return this.server.query<Row>(sql, this.database);
  }
}
