import { escapeIdentifier, type Client } from "pg";
import { SternaError } from "../../../core/sterna-error";
import { roleExists } from "./roles";

const INSUFFICIENT_PRIVILEGE = "42501";

/** From here on CREATEROLE reaches only the roles that come with ADMIN OPTION, and membership has several parts. */
const MEMBERSHIP_OPTIONS_SINCE = 160_000;

/** Who changes roles: a superuser, or somebody with CREATEROLE, such as a member of `rds_superuser`. */
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

/** Whether a membership has options of its own, as since PostgreSQL 16. */
export async function hasMembershipOptions(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return rows[0]!.version >= MEMBERSHIP_OPTIONS_SINCE;
}

/**
 * Refuses an administrator who may not change the roles of a rotation, before anything is changed, with the statements
 * that help.
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
 * Says what an administrator lacks, where the server refused something. Passes any other error on.
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
 * Makes the administrator a member of roles while `work` runs, in the transaction that is open: who is no superuser can
 * give away only what belongs to roles that he is a member of, and afterwards has no use for what an application may do.
 */
export async function asMemberOf<Result>(
  client: Client,
  roles: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const options = await hasMembershipOptions(client);
  const joined: string[] = [];
  for (const role of roles) {
    // Who makes a role has it with ADMIN OPTION, which alone lets him neither use it nor set it.
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
