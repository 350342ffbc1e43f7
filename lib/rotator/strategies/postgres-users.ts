import type { Client } from "pg";
import { SternaError } from "../../core/errors";
import {
  refuseSelfAdministration,
  randomPassword,
  readCredentials,
  usernameIn,
  type Credentials,
  type ServerLogin,
  hostInUrl,
} from "../credentials";
import { beginAdminSession, canLogIn, withPostgres, type PostgresPlace } from "../postgres/connect";
import { requireAdministration, throwPrivilegeRefusal, setPassword } from "../postgres/roles";
import type { OnProgress, RotationStrategy, RotationTarget, SecretVersions } from "../rotation";
import type { SettingsOf } from "../settings";

type PostgresSettings = SettingsOf<"postgresAlternatingUsers" | "postgresSingleUser">;

/** Differences between the strategies for PostgreSQL. */
export interface PostgresUsers {
  /** Users whose password may be changed. */
  readonly names: readonly string[];

  /** All roles that are changed. */
  readonly roles: readonly string[];

  /** The user of the next value. @param current user of the current value */
  next(current: string | undefined): string;

  /** Sets the password of a new value for its user, in a transaction. @throws SternaError */
  install(admin: Client, login: Credentials, current: string | undefined): Promise<void>;
}

/** Rotates PostgreSQL users. The administrator's session holds the lock while a step runs. */
export function postgresStrategy(
  settings: PostgresSettings,
  versions: SecretVersions,
  users: PostgresUsers,
  onProgress: OnProgress = () => {},
): RotationStrategy {
  const place: PostgresPlace = settings;
  return {
    async exclusively(work) {
      const { adminSecret } = settings;
      const credentials = readCredentials(await versions.currentValueOf(adminSecret), adminSecret);
      refuseSelfAdministration(credentials, users.names);
      return withPostgres(place, credentials, async (admin) => {
        await beginAdminSession(admin, settings.username);
        return work(target(admin));
      });
    },
  };

  function target(admin: Client): RotationTarget {
    return {
      async generate(current) {
        const username = users.next(usernameIn(current, versions.secretId));
        return JSON.stringify(loginOf(settings, username, randomPassword()));
      },
      accepts: (value) => canLogIn(place, readCredentials(value, versions.secretId)),
      async install(value, current) {
        const login = readCredentials(value, versions.secretId);
        refuseStranger(login.username);
        await requireAdministration(admin, users.roles);
        await admin.query("BEGIN");
        try {
          await users.install(admin, login, usernameIn(current, versions.secretId));
          await onProgress("setSecret: not committed");
          await admin.query("COMMIT");
        } catch (error) {
          await admin.query("ROLLBACK").catch(() => {});
          await throwPrivilegeRefusal(admin, error, "do all that this rotation needs", "Nothing was changed");
        }
      },
    };
  }

  /** Someone who can write the secret must not gain access to other users through the administrator. */
  function refuseStranger(username: string): void {
    if (users.names.includes(username)) return;
    throw new SternaError(
      "RotationLost",
      `the pending value of ${versions.secretId} is for "${username}", whom this rotation does not change (but ` +
        `${users.names.join(", ")}). Take AWSPENDING off that version and rotate again`,
    );
  }
}

function loginOf({ host, port, database, tls }: PostgresSettings, username: string, password: string): ServerLogin {
  const url = new URL(`postgresql://${hostInUrl(host)}:${port}/${encodeURIComponent(database)}`);
  url.username = encodeURIComponent(username);
  url.password = password;
  if (!("waived" in tls)) url.searchParams.set("sslmode", "verify-full");
  return { engine: "postgres", host, port, dbname: database, username, password, url: url.href };
}

/**
 * The password of a single user is changed. From then until the last step, new sessions with the current secret are
 * refused, and those with a cached one permanently. Open sessions continue. Another user makes the change, so that an
 * interrupted rotation does not lock services out for good.
 */
export function postgresSingleUser(
  settings: SettingsOf<"postgresSingleUser">,
  versions: SecretVersions,
  onProgress?: OnProgress,
): RotationStrategy {
  return postgresStrategy(
    settings,
    versions,
    {
      names: [settings.username],
      roles: [settings.username],
      next: () => settings.username,
      install: (admin, { username, password }) => setPassword(admin, username, password),
    },
    onProgress,
  );
}
