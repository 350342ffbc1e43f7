import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { SternaError } from "../../../core/sterna-error";
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

/**
 * Lets users act as one role, which owns what any of them makes: otherwise a table that one made is closed to the next
 * (aws-samples/aws-secrets-manager-rotation-lambdas, issues 38, 56, 175). What they own so far goes to the owner.
 *
 * @throws SternaError `RolePrivilegesDirect`
 */
export async function shareOwner(client: Client, owner: string, users: readonly string[]): Promise<void> {
  if (!(await roleExists(client, owner))) await client.query(`CREATE ROLE ${escapeIdentifier(owner)} NOLOGIN`);
  await joinRole(client, owner);
  for (const user of users) {
    await grantMemberships(client, user, owner);
    await reassignOwned(client, user, owner);
    await refuseDirectPrivileges(client, user, owner);
    const { rows } = await client.query<{ member: boolean }>("SELECT pg_has_role($1, $2, 'MEMBER') AS member", [
      user,
      owner,
    ]);
    if (!rows[0]!.member) await client.query(`GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(user)}`);
    await client.query(
      `ALTER ROLE ${escapeIdentifier(user)} IN DATABASE ${await databaseName(client)} SET role TO ${escapeLiteral(owner)}`,
    );
  }
}

/** Settings such as `search_path`, and the connection limit, are not inherited: gives one user what another has. */
export async function copySettings(client: Client, from: string, to: string): Promise<void> {
  const { rows: limits } = await client.query<{ rolconnlimit: number }>(
    "SELECT rolconnlimit FROM pg_roles WHERE rolname = $1",
    [from],
  );
  if (limits[0] !== undefined) {
    await client.query(`ALTER ROLE ${escapeIdentifier(to)} CONNECTION LIMIT ${Number(limits[0].rolconnlimit)}`);
  }
  const { rows } = await client.query<{ name: string; value: string; everywhere: boolean }>(
    `SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value,
            setdatabase = 0 AS everywhere
       FROM pg_db_role_setting JOIN pg_roles ON pg_roles.oid = setrole, unnest(setconfig) AS setting
      WHERE rolname = $1 AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND setting NOT LIKE 'role=%'`,
    [from],
  );
  for (const { name, value, everywhere } of rows) {
    const place = everywhere ? "" : `IN DATABASE ${await databaseName(client)} `;
    // By way of this session: a list such as "a, b" written as one literal would be one name.
    await client.query("SELECT set_config($1, $2, true)", [name, value]);
    await client.query(`ALTER ROLE ${escapeIdentifier(to)} ${place}SET ${escapeIdentifier(name)} FROM CURRENT`);
  }
}

/** An administrator who is no superuser can give away only what belongs to roles that he is a member of. */
async function joinRole(client: Client, role: string): Promise<void> {
  const { rows } = await client.query<{ member: boolean }>("SELECT pg_has_role($1, 'MEMBER') AS member", [role]);
  if (!rows[0]!.member) await client.query(`GRANT ${escapeIdentifier(role)} TO CURRENT_USER`);
}

/** As the owner, a user no longer has what came from the roles that he is a member of. */
async function grantMemberships(client: Client, user: string, owner: string): Promise<void> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT granted.rolname AS role FROM pg_auth_members
       JOIN pg_roles granted ON granted.oid = roleid JOIN pg_roles holder ON holder.oid = member
      WHERE holder.rolname = $1 AND granted.rolname <> $2 AND NOT pg_has_role($2, granted.oid, 'MEMBER')`,
    [user, owner],
  );
  for (const { role } of rows) await client.query(`GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(owner)}`);
}

async function reassignOwned(client: Client, user: string, owner: string): Promise<void> {
  if ((await dependencies(client, user, ["o"])).length === 0) return;
  await joinRole(client, user);
  await client.query(`REASSIGN OWNED BY ${escapeIdentifier(user)} TO ${escapeIdentifier(owner)}`);
}

async function refuseDirectPrivileges(client: Client, user: string, owner: string): Promise<void> {
  const granted = await dependencies(client, user, ["a", "r"]);
  if (granted.length === 0) return;
  throw new SternaError(
    "RolePrivilegesDirect",
    `privileges or policies are given to the user "${user}" itself: ${granted.slice(0, 5).join(", ")}` +
      `${granted.length > 5 ? ` and ${granted.length - 5} more` : ""}. The other user of the pair would not have them. ` +
      `Give them to the role "${owner}", which both act as, and revoke them from "${user}"`,
  );
}

/** What depends on a role, here or in the whole cluster: `o` owned by it, `a` in a list of privileges, `r` a policy. */
async function dependencies(client: Client, role: string, types: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `SELECT pg_describe_object(classid, objid, objsubid) AS object FROM pg_shdepend
      WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND deptype::text = ANY ($2)`,
    [role, types],
  );
  return rows.map(({ object }) => object);
}

async function databaseName(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
  return escapeIdentifier(rows[0]!.name);
}
