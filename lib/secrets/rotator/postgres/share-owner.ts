import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { asMemberOf, hasMembershipOptions, throwPrivilegeRefusal } from "./administrator";
import { refuseDirectPrivileges } from "./direct-privileges";
import { databaseName, dependencies, roleExists } from "./roles";

/**
 * Lets users act as one role, which owns what any of them makes: otherwise a table that one made is closed to the next
 * (aws-samples/aws-secrets-manager-rotation-lambdas, issues 38, 56, 175). What they own so far goes to the owner.
 *
 * @throws SternaError `RolePrivilegesDirect`, `AdministratorLacksPrivilege`
 */
export async function shareOwner(client: Client, owner: string, users: readonly string[]): Promise<void> {
  if (!(await roleExists(client, owner))) await client.query(`CREATE ROLE ${escapeIdentifier(owner)} NOLOGIN`);
  await asMemberOf(client, [owner], async () => {
    for (const user of users) {
      await grantMemberships(client, user, owner, users);
      await reassignOwned(client, user, owner);
      await refuseDirectPrivileges(client, user, owner);
      await letActAs(client, user, owner);
    }
  });
}

async function letActAs(client: Client, user: string, owner: string): Promise<void> {
  const options = await hasMembershipOptions(client);
  const { rows } = await client.query<{ member: boolean }>("SELECT pg_has_role($1::name, $2::name, $3) AS member", [
    user,
    owner,
    options ? "SET" : "MEMBER",
  ]);
  if (!rows[0]!.member) {
    await client.query(
      `GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(user)}${options ? " WITH SET TRUE" : ""}`,
    );
  }
  await client.query(
    `ALTER ROLE ${escapeIdentifier(user)} IN DATABASE ${await databaseName(client)} SET role TO ${escapeLiteral(owner)}`,
  );
}

/**
 * As the owner, a user no longer has what came from the roles that he is a member of. One user of the pair can be a
 * member of the other, as AWS's own rotation function makes it: that would be a circle.
 */
async function grantMemberships(client: Client, user: string, owner: string, pair: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT DISTINCT granted.rolname AS role FROM pg_auth_members
       JOIN pg_roles granted ON granted.oid = roleid JOIN pg_roles holder ON holder.oid = member
      WHERE holder.rolname = $1 AND granted.rolname <> $2 AND granted.rolname <> ALL ($3)
        AND NOT pg_has_role($2::name, granted.oid, 'MEMBER')`,
    [user, owner, pair],
  );
  for (const { role } of rows) {
    const statement = `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(owner)}`;
    await client
      .query(statement)
      .catch((error: unknown) =>
        throwPrivilegeRefusal(
          client,
          error,
          `give away the role "${role}", which "${user}" is a member of`,
          `Let somebody who may run: ${statement};`,
        ),
      );
  }
}

async function reassignOwned(client: Client, user: string, owner: string): Promise<void> {
  const owned = await dependencies(client, user, ["o"]);
  if (owned.length === 0) return;
  const statement = `REASSIGN OWNED BY ${escapeIdentifier(user)} TO ${escapeIdentifier(owner)}`;
  await asMemberOf(client, [user], () => client.query(statement)).catch((error: unknown) =>
    throwPrivilegeRefusal(
      client,
      error,
      `give what "${user}" owns (${owned.slice(0, 5).join(", ")}${owned.length > 5 ? ", …" : ""}) to "${owner}"`,
      `Let a superuser run in this database: ${statement}; or, as the owner of the schema: GRANT CREATE ON SCHEMA … TO ` +
        `${escapeIdentifier(owner)}; and for a database: ALTER ROLE ${escapeIdentifier(client.user ?? "")} CREATEDB;`,
    ),
  );
}
