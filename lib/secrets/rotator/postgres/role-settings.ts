import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { throwPrivilegeRefusal } from "./administrator";
import { databaseName } from "./roles";

/**
 * Settings whose value is a list of names, stored as it would be written: "one, two" as one literal would be one name.
 *
 * @see https://github.com/postgres/postgres/blob/REL_17_STABLE/src/bin/pg_dump/dumputils.c (variable_is_guc_list_quote)
 */
const LISTS = ["local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"];

/**
 * Gives one user the settings, such as `search_path`, and the connection limit of another: they are not inherited.
 *
 * The values are the user's own choice, so they never become settings of this session, which is an administrator's.
 *
 * @throws SternaError `AdministratorLacksPrivilege`
 */
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
    const values = LISTS.includes(name) ? namesOf(value) : [value];
    const written = values.map(escapeLiteral).join(", ") || "''";
    await client
      .query(`ALTER ROLE ${escapeIdentifier(to)} ${place}SET ${settingName(name)} TO ${written}`)
      .catch((error: unknown) =>
        throwPrivilegeRefusal(
          client,
          error,
          `give the setting ${name} of "${from}" to "${to}"`,
          `Let a superuser run: GRANT SET ON PARAMETER ${settingName(name)} TO ${escapeIdentifier(client.user ?? "")};`,
        ),
      );
  }
}

/** Extensions name theirs in two parts, as in `app.tenant`. */
function settingName(name: string): string {
  return name.split(".").map(escapeIdentifier).join(".");
}

/** The names of a list such as `"My App", public`. */
function namesOf(list: string): string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(
    ([name, quoted]) => quoted?.replaceAll('""', '"') ?? name,
  );
}
