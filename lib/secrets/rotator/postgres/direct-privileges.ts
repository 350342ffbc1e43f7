import { escapeIdentifier, type Client } from "pg";
import { SternaError } from "../../../core/sterna-error";
import { dependencies } from "./roles";

/** Attributes of a role, which nobody inherits, by their columns in `pg_roles`. */
const ATTRIBUTES = {
  rolsuper: "SUPERUSER",
  rolcreatedb: "CREATEDB",
  rolcreaterole: "CREATEROLE",
  rolreplication: "REPLICATION",
  rolbypassrls: "BYPASSRLS",
} as const;

/**
 * Refuses what one user of a pair has by itself: the other would not have it, and neither would it, acting as the owner.
 * With BYPASSRLS that would show as rows that are gone.
 *
 * @throws SternaError `RolePrivilegesDirect`
 */
export async function refuseDirectPrivileges(client: Client, user: string, owner: string): Promise<void> {
  const [who, whose] = [escapeIdentifier(user), escapeIdentifier(owner)];
  const granted = await dependencies(client, user, ["a", "r"]);
  if (granted.length > 0) {
    throw refusal(
      `privileges or policies are given to the user "${user}" itself: ${granted.slice(0, 5).join(", ")}` +
        `${granted.length > 5 ? ` and ${granted.length - 5} more` : ""}. The other user of the pair would not have them. ` +
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
