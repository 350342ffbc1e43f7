import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { SternaError } from "../../core/errors";

export async function roleExists(client: Client, role: string): Promise<boolean> {
  return (await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role])).rowCount === 1;
}

/** Creates a role that can log in with a password, or changes its password. */
export async function setPassword(client: Client, role: string, password: string): Promise<void> {
  const verb = (await roleExists(client, role)) ? "ALTER" : "CREATE";
  // Parameters are not allowed here, and this is not the password itself.
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

/** The current database, quoted for SQL. */
export async function databaseName(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
  return escapeIdentifier(rows[0]!.name);
}

/** PostgreSQL's default (`scram_iterations`). */
const ITERATIONS = 4096;

/**
 * What PostgreSQL stores instead of a password. Computed here, since `ALTER ROLE … PASSWORD 'plain'` would appear in
 * the server's log with `log_statement = ddl`.
 *
 * @param password ASCII, so that no normalization is needed
 * @see https://www.rfc-editor.org/rfc/rfc5802#section-3 and PostgreSQL's documentation of `pg_authid.rolpassword`
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const key = (name: string) => createHmac("sha256", salted).update(name).digest();
  const storedKey = createHash("sha256").update(key("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${key("Server Key").toString("base64")}`;
}

const INSUFFICIENT_PRIVILEGE = "42501";

/** Since this version, CREATEROLE applies only to roles with ADMIN OPTION, and membership has several options. */
const MEMBERSHIP_OPTIONS_SINCE = 160_000;

/** A user who can change roles: a superuser, or one with CREATEROLE, such as a member of `rds_superuser`. */
export interface Administrator {
  readonly name: string;
  readonly superuser: boolean;
  readonly createsRoles: boolean;
}

async function administratorOf(client: Client): Promise<Administrator> {
  const { rows } = await client.query<Administrator>(
    `SELECT rolname AS name, rolsuper AS superuser, rolcreaterole AS "createsRoles"
       FROM pg_roles WHERE rolname = session_user`,
  );
  return rows[0]!;
}

/** Whether memberships have options, as they do since PostgreSQL 16. */
export async function hasMembershipOptions(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return rows[0]!.version >= MEMBERSHIP_OPTIONS_SINCE;
}

/**
 * Refuses an administrator who may not change the roles of a rotation, before anything is changed, and lists the
 * statements that fix it.
 *
 * @throws SternaError `AdministratorLacksPrivilege`
 * @see https://www.postgresql.org/docs/current/role-attributes.html (role creation)
 */
export async function requireAdministration(client: Client, roles: readonly string[]): Promise<void> {
  const admin = await administratorOf(client);
  if (admin.superuser) return;
  const missing: string[] = [];
  if (!admin.createsRoles) missing.push(`ALTER ROLE ${escapeIdentifier(admin.name)} CREATEROLE`);
  if (await hasMembershipOptions(client)) {
    for (const role of roles) {
      if (!(await roleExists(client, role)) || (await isMember(client, role, "MEMBER WITH ADMIN OPTION"))) continue;
      missing.push(`GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(admin.name)} WITH ADMIN OPTION`);
    }
  }
  if (missing.length === 0) return;
  throw new SternaError(
    "AdministratorLacksPrivilege",
    `the administrator "${admin.name}" may not change the roles of this rotation. Let a superuser, or who made those ` +
      `roles, run: ${missing.join("; ")};`,
  );
}

/**
 * Reports what an administrator lacks if the server refused something. Rethrows any other error.
 *
 * @throws SternaError `AdministratorLacksPrivilege`
 */
export async function throwPrivilegeRefusal(
  client: Client,
  error: unknown,
  what: string,
  cure: string,
): Promise<never> {
  if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
  throw new SternaError(
    "AdministratorLacksPrivilege",
    `the administrator "${client.user ?? ""}" may not ${what}: ${(error as Error).message}. ${cure}`,
  );
}

/**
 * Makes the administrator a member of roles while `work` runs, in the open transaction: without being superuser, an
 * administrator can only transfer what belongs to their own roles, and should not keep an application's permissions
 * afterwards.
 */
export async function asMemberOf<Result>(
  client: Client,
  roles: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const options = await hasMembershipOptions(client);
  const joined: string[] = [];
  for (const role of roles) {
    // The creator of a role has it with ADMIN OPTION, which by itself permits neither using nor setting it.
    const needed = options ? ["USAGE", "SET"] : ["MEMBER"];
    const has = await Promise.all(needed.map((privilege) => isMember(client, role, privilege)));
    if (has.every(Boolean)) continue;
    await client.query(
      `GRANT ${escapeIdentifier(role)} TO CURRENT_USER${options ? " WITH INHERIT TRUE, SET TRUE" : ""}`,
    );
    joined.push(role);
  }
  const result = await work();
  for (const role of joined) await client.query(`REVOKE ${escapeIdentifier(role)} FROM CURRENT_USER`);
  return result;
}

async function isMember(client: Client, role: string, privilege: string): Promise<boolean> {
  const { rows } = await client.query<{ member: boolean }>("SELECT pg_has_role($1::name, $2) AS member", [
    role,
    privilege,
  ]);
  return rows[0]!.member;
}
