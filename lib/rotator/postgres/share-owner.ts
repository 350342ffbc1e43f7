import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { SternaError } from "../../core/errors";
import { someOf } from "../../core/text";
import {
  asMemberOf,
  hasMembershipOptions,
  throwPrivilegeRefusal,
  databaseName,
  dependencies,
  roleExists,
} from "./roles";

/**
 * Lets users act as one role, which owns what any of them creates: otherwise a table created by one is inaccessible to
 * the next (aws-samples/aws-secrets-manager-rotation-lambdas, issues 38, 56, 175). Their existing objects are
 * transferred to the owner.
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
 * Acting as the owner, a user loses the privileges of its own roles. One user of the pair can be a member of the other,
 * as AWS's own rotation function sets it up, which would be a cycle.
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

/** Role attributes, which are not inherited, by their columns in `pg_roles`. */
const ATTRIBUTES = {
  rolsuper: "SUPERUSER",
  rolcreatedb: "CREATEDB",
  rolcreaterole: "CREATEROLE",
  rolreplication: "REPLICATION",
  rolbypassrls: "BYPASSRLS",
} as const;

/**
 * Refuses direct privileges of one user of a pair: the other would not have them, nor would the user itself when acting
 * as the owner. With BYPASSRLS, rows would seem to have disappeared.
 *
 * @throws SternaError `RolePrivilegesDirect`
 */
async function refuseDirectPrivileges(client: Client, user: string, owner: string): Promise<void> {
  const [who, whose] = [escapeIdentifier(user), escapeIdentifier(owner)];
  const granted = await dependencies(client, user, ["a", "r"]);
  if (granted.length > 0) {
    throw refusal(
      `privileges or policies are given to the user "${user}" itself: ${someOf(granted, 5)}. ` +
        `The other user of the pair would not have them. ` +
        `Give them to the role "${owner}", which both act as, and revoke them from "${user}"`,
    );
  }
  const attributes = await attributesBeyond(client, user, owner);
  if (attributes.length > 0) {
    throw refusal(
      `the user "${user}" has ${attributes.join(", ")}, which the role "${owner}" has not, and both users act as that. ` +
        `Run: ALTER ROLE ${whose} ${attributes.join(" ")}; or: ALTER ROLE ${who} ${attributes.map((name) => `NO${name}`).join(" ")};`,
    );
  }
  if (await givesDefaultPrivileges(client, user)) {
    throw refusal(
      `default privileges belong to the user "${user}": what it makes from now on belongs to "${owner}", and would not get ` +
        `them. Repeat them with ALTER DEFAULT PRIVILEGES FOR ROLE ${whose} … GRANT …; and take them back with ALTER ` +
        `DEFAULT PRIVILEGES FOR ROLE ${who} … REVOKE …; (\\ddp in psql shows them)`,
    );
  }
}

function refusal(message: string): SternaError {
  return new SternaError("RolePrivilegesDirect", message);
}

async function attributesBeyond(client: Client, user: string, owner: string): Promise<string[]> {
  const columns = Object.keys(ATTRIBUTES) as (keyof typeof ATTRIBUTES)[];
  const { rows } = await client.query<Record<(typeof columns)[number], boolean>>(
    `SELECT ${columns.map((column) => `u.${column} AND NOT o.${column} AS ${column}`).join(", ")}
       FROM pg_roles u, pg_roles o WHERE u.rolname = $1 AND o.rolname = $2`,
    [user, owner],
  );
  return columns.filter((column) => rows[0]?.[column]).map((column) => ATTRIBUTES[column]);
}

async function givesDefaultPrivileges(client: Client, user: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT 1 FROM pg_default_acl WHERE defaclrole = (SELECT oid FROM pg_roles WHERE rolname = $1)",
    [user],
  );
  return rowCount !== 0;
}
