import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { SternaError } from "../../core/errors";
import { roleExists, setPassword, throwPrivilegeRefusal, databaseName } from "../postgres/roles";
import { shareOwner } from "../postgres/share-owner";
import type { OnProgress, RotationStrategy, SecretVersions } from "../rotation";
import type { SettingsOf } from "../settings";
import { postgresStrategy } from "./postgres-users";

/**
 * Two users take turns: the new password is set for the one that is not in use, so that the current secret can always
 * log in, and the previous one until the next rotation. Both act as one role, which owns what they create.
 */
export function postgresAlternatingUsers(
  settings: SettingsOf<"postgresAlternatingUsers">,
  versions: SecretVersions,
  onProgress?: OnProgress,
): RotationStrategy {
  const { username, ownerRole } = settings;
  const clone = `${username}_clone`;
  return postgresStrategy(
    settings,
    versions,
    {
      names: [username, clone],
      roles: [username, clone, ownerRole],
      next: (current) => (current === username ? clone : username),
      async install(admin, login, current) {
        if (login.username === current) {
          throw new SternaError(
            "RotationLost",
            `the pending value of ${versions.secretId} is for "${login.username}", who is in use; another password would ` +
              "end the current one. Take AWSPENDING off that version and rotate again",
          );
        }
        await setPassword(admin, login.username, login.password);
        if (login.username === clone && (await roleExists(admin, username))) await copySettings(admin, username, clone);
        const users = [username, clone];
        const existing = await Promise.all(users.map((user) => roleExists(admin, user)));
        await shareOwner(
          admin,
          ownerRole,
          users.filter((_, index) => existing[index]),
        );
      },
    },
    onProgress,
  );
}

/**
 * Settings whose value is a list of names, stored as written: "one, two" as one literal would be a single name.
 *
 * @see https://github.com/postgres/postgres/blob/REL_17_STABLE/src/bin/pg_dump/dumputils.c (variable_is_guc_list_quote)
 */
const LISTS = ["local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"];

/**
 * Copies the settings, such as `search_path`, and the connection limit of one user to another, since they are not
 * inherited.
 *
 * The values are the user's own choice, so they must not become settings of this administrator session.
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

/** Extensions use two-part names, as in `app.tenant`. */
function settingName(name: string): string {
  return name.split(".").map(escapeIdentifier).join(".");
}

/** The names in a list such as `"My App", public`. */
function namesOf(list: string): string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(
    ([name, quoted]) => quoted?.replaceAll('""', '"') ?? name,
  );
}
