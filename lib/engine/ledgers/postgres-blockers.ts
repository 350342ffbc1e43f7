import type { Queryable } from "./postgres-connections";

interface BlockerRow {
  readonly pid: number;
  readonly role: string | null;
  readonly application: string | null;
  readonly state: string | null;
  readonly since: string | null;
}

/**
 * The sessions that a backend waits for, in words. Not what they run: their statements may hold anything.
 *
 * @param client any connection but the one that waits
 */
export async function blockersOf(client: Queryable, processId: number): Promise<string[]> {
  const { rows } = await client.query<BlockerRow>(
    `select distinct blocker.pid, usename as role, application_name as application, state,
       to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
     from unnest(pg_blocking_pids($1)) as blocker (pid) left join pg_stat_activity activity on activity.pid = blocker.pid
     order by blocker.pid`,
    [processId],
  );
  return rows.map(describe);
}

function describe({ pid, role, application, state, since }: BlockerRow): string {
  // Prepared transactions have no process.
  if (pid === 0) return "a prepared transaction, see pg_prepared_xacts";
  const facts = [role && `of ${role}`, application && `application ${application}`];
  // To other roles, the server does not say what a session does.
  const doing = state && (since === null ? state : `${state}, in a transaction since ${since} UTC`);
  const words = [...facts, doing].filter(Boolean).join(", ");
  return `process ${pid}${words && ` (${words})`}`;
}
