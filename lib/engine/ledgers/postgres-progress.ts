import { setTimeout as sleep } from "node:timers/promises";
import { escapeIdentifier, type ClientBase } from "pg";
import { z } from "zod";
import { progress, type Progress, type StepRecord } from "../../manifest/step-record";

type Queryable = Pick<ClientBase, "query">;

const UNDEFINED_TABLE = "42P01";
/** What a note may take. It is only a note: the step must not wait for a database that hangs. */
const LONGEST_NOTE_MILLISECONDS = 5_000;
const stored = z.object({ id: z.string(), started_at: z.string(), progress: z.string() });

/**
 * How far running steps are, in a table beside the ledger: `<schema>.progress`.
 *
 * Not in the row of the step: its transaction writes that row at its end, and under REPEATABLE READ it would fail if
 * somebody else had written it meanwhile.
 */
export class PostgresProgress {
  private readonly table: string;

  constructor(
    schema: string,
    private readonly system: string,
  ) {
    this.table = `${escapeIdentifier(schema)}.progress`;
  }

  /** @param client any connection but the one that holds the step's lock */
  async note(client: Queryable, { id, startedAt }: StepRecord, noted: Progress): Promise<void> {
    const write = async (): Promise<void> => {
      await client.query(
        `insert into ${this.table} (system, id, started_at, progress) values ($1, $2, $3, $4)
         on conflict (system, id) do update set started_at = excluded.started_at, progress = excluded.progress`,
        [this.system, id, startedAt, JSON.stringify(noted)],
      );
    };
    const noteOnce = write().catch(async (error: { code?: string }) => {
      if (error.code !== UNDEFINED_TABLE) throw error;
      await client.query(
        `create table if not exists ${this.table} (system text not null, id text not null,
           started_at text not null, progress text not null, primary key (system, id))`,
      );
      await write();
    });
    await Promise.race([noteOnce, sleep(LONGEST_NOTE_MILLISECONDS, undefined, { ref: false })]);
  }

  /** Rows with the progress of the attempts that run. Never throws: without the table there is none. */
  async addTo(client: Queryable, rows: readonly StepRecord[]): Promise<StepRecord[]> {
    const isRunning = ({ status }: StepRecord): boolean => status === "running" || status === "undoing";
    if (!rows.some(isRunning)) return [...rows];
    const notes = await this.read(client).catch(() => new Map<string, Progress>());
    return rows.map((row) => {
      const noted = isRunning(row) ? notes.get(`${row.id} ${row.startedAt}`) : undefined;
      return noted === undefined ? row : { ...row, progress: noted };
    });
  }

  private async read(client: Queryable): Promise<Map<string, Progress>> {
    const query = `select id, started_at, progress from ${this.table} where system = $1`;
    const { rows } = await client.query(query, [this.system]);
    const notes = z.array(stored).parse(rows);
    return new Map(notes.map((note) => [`${note.id} ${note.started_at}`, progress.parse(JSON.parse(note.progress))]));
  }
}
