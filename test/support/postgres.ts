import { type PostgresOptions, type PostgresServer, startPostgres as start } from "../../lib/testing/postgres/server";
import { scratchRoot } from "./repository";

export type { PostgresOptions, PostgresServer };

/** Starts PostgreSQL for a test; its folder is in `.test/` of the checkout if the server's user can reach that. */
export function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return start({ directory: scratchRoot, ...options });
}
