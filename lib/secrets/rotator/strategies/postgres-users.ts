import type { Client } from "pg";
import { canLogIn, lockRole, withPostgres, type PostgresPlace } from "../postgres/connect";
import type { OnProgress, RotationStrategy, RotationTarget } from "../rotation-strategy";
import { readCredentials, readServerLogin, type ServerLogin } from "../secret-keys";
import type { SecretVersions } from "../secret-versions";
import type { SettingsOf } from "../settings";
import { randomPassword } from "../random-text";
import { SternaError } from "../../../core/sterna-error";

type PostgresSettings = SettingsOf<"postgresAlternatingUsers" | "postgresSingleUser">;

/** What differs between the strategies for PostgreSQL. */
export interface PostgresUsers {
  /** Which user the next value is for. @param current user of the current value */
  next(current: string | undefined): string;

  /** Gives the user of a new value its password, in a transaction. @throws SternaError */
  install(admin: Client, login: ServerLogin, current: ServerLogin | undefined): Promise<void>;
}

/** Rotates users of PostgreSQL: the administrator's session holds the lock while a step runs. */
export function postgresStrategy(
  settings: PostgresSettings,
  versions: SecretVersions,
  users: PostgresUsers,
  onProgress: OnProgress = () => {},
): RotationStrategy {
  const place: PostgresPlace = settings;
  return {
    async exclusively(work) {
      const { adminSecretId } = settings;
      const credentials = readCredentials(await versions.currentValueOf(adminSecretId), adminSecretId);
      return withPostgres(place, credentials, async (admin) => {
        // A role that `ALTER ROLE … SET role` puts on is not the one that may change passwords; RESET would not undo it.
        await admin.query("SET ROLE NONE");
        await lockRole(admin, settings.username);
        return work(target(admin));
      });
    },
  };

  function target(admin: Client): RotationTarget {
    return {
      async generate(current) {
        const username = users.next(readServerLogin(current)?.username);
        return JSON.stringify(loginOf(settings, username, randomPassword()));
      },
      accepts: (value) => canLogIn(place, requireLogin(value, versions.secretId)),
      async install(value, current) {
        const login = requireLogin(value, versions.secretId);
        await admin.query("BEGIN");
        try {
          await users.install(admin, login, readServerLogin(current));
          await onProgress("setSecret: not committed");
          await admin.query("COMMIT");
        } catch (error) {
          await admin.query("ROLLBACK");
          throw error;
        }
      },
    };
  }
}

function loginOf({ host, port, database, tls }: PostgresSettings, username: string, password: string): ServerLogin {
  const url = new URL(`postgresql://${host}:${port}/${encodeURIComponent(database)}`);
  url.username = username;
  url.password = password;
  if (!("waived" in tls)) url.searchParams.set("sslmode", "verify-full");
  return { engine: "postgres", host, port, dbname: database, username, password, url: url.href };
}

function requireLogin(value: string, secretId: string): ServerLogin {
  const login = readServerLogin(value);
  if (login !== undefined) return login;
  throw new SternaError(
    "SecretUnreadable",
    `the pending value of ${secretId} is not one that this strategy makes; take AWSPENDING off that version and rotate again`,
  );
}
