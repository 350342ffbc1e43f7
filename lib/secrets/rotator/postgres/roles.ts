import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { scramVerifier } from "./scram";

export async function roleExists(client: Client, role: string): Promise<boolean> {
  return (await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role])).rowCount === 1;
}

/** Makes a role that can log in with a password, or gives it another password. */
export async function setPassword(client: Client, role: string, password: string): Promise<void> {
  const verb = (await roleExists(client, role)) ? "ALTER" : "CREATE";
  // No parameter can stand here, and what stands here is no password.
  await client.query(
    `${verb} ROLE ${escapeIdentifier(role)} WITH LOGIN PASSWORD ${escapeLiteral(scramVerifier(password))}`,
  );
}

/** What depends on a role, here or in the whole cluster: `o` owned by it, `a` in a list of privileges, `r` a policy. */
export async function dependencies(client: Client, role: string, types: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `SELECT pg_describe_object(classid, objid, objsubid) AS object FROM pg_shdepend
      WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND deptype::text = ANY ($2)
        -- REASSIGN OWNED leaves default privileges where they are.
        AND NOT (deptype = 'o' AND classid = 'pg_default_acl'::regclass)`,
    [role, types],
  );
  return rows.map(({ object }) => object);
}

/** The current database, as it stands in SQL. */
export async function databaseName(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
  return escapeIdentifier(rows[0]!.name);
}
