import { createHash } from "node:crypto";
import type { RedisClientType } from "redis";
import { SternaError } from "../../../core/sterna-error";
import { refuseSelfAdministration } from "../administrator";
import { randomPassword } from "../random-text";
import { canLogIn, withRedis } from "../redis/connect";
import { keepUsers } from "../redis/durability";
import { findUser, type RedisUser } from "../redis/user";
import type { RotationStrategy, RotationTarget } from "../rotation-strategy";
import { readCredentials, usernameIn, type ServerLogin } from "../secret-keys";
import type { SecretVersions } from "../secret-versions";
import { hostInUrl } from "../server-url";
import type { SettingsOf } from "../settings";
import { withRedisLock } from "./redis-lock";

type RedisSettings = SettingsOf<"redisAcl">;

/**
 * A user of Redis with two passwords at a time: the new one is added, and the one before the previous removed when the
 * new one is current. The server gets their SHA-256 only.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
 */
export function redisAcl(settings: RedisSettings, versions: SecretVersions): RotationStrategy {
  const { username, adminSecretId, notDurable } = settings;
  return {
    async exclusively(work) {
      const credentials = readCredentials(await versions.currentValueOf(adminSecretId), adminSecretId);
      refuseSelfAdministration(credentials, [username]);
      return withRedis(settings, credentials, (admin) =>
        withRedisLock(admin, username, async () => work(target(admin, await findUser(admin, username)))),
      );
    },
  };

  function target(admin: RedisClientType, found: RedisUser | undefined): RotationTarget {
    const setUser = async (...rules: string[]) => {
      await admin.sendCommand(["ACL", "SETUSER", username, ...rules]);
      if (notDurable === undefined) await keepUsers(admin);
    };
    return {
      async generate(current) {
        // Refused now, and not when its password has to be kept.
        passwordHash(current);
        return JSON.stringify(loginOf(settings, randomPassword()));
      },
      async accepts(value) {
        if (found?.asksNoPassword) throw asksNoPassword(settings);
        return canLogIn(settings, readCredentials(value, versions.secretId));
      },
      async install(value) {
        const { password } = readCredentials(value, versions.secretId);
        await setUser(...(found === undefined ? rulesOf(settings) : []), "on", `#${hash(password)}`);
      },
      async retire(kept) {
        const hashes = kept.map(passwordHash);
        // Only of those that were there when the work began: a rotation that goes on beside this one, as after a
        // failover that forgets the lock, has stored what it added since, but `kept` may be older.
        const left = (await findUser(admin, username))?.passwords ?? [];
        const ended = left.filter((known) => found?.passwords.includes(known) && !hashes.includes(known));
        if (ended.length > 0) await setUser(...ended.map((known) => `!${known}`));
      },
    };
  }

  /** As the server knows the password of a value; nothing where that holds none yet. */
  function passwordHash(value: string | undefined): string | undefined {
    if (usernameIn(value, versions.secretId) === undefined) return undefined;
    return hash(readCredentials(value, versions.secretId).password);
  }
}

function rulesOf({ rules, username }: RedisSettings): string[] {
  if (rules !== undefined) return rules;
  throw new SternaError(
    "RotationUserMissing",
    `Redis has no user "${username}". Make it, or say with rules what it may do, such as ["~app:*", "+@read", "+@write"]`,
  );
}

function asksNoPassword({ username }: RedisSettings): SternaError {
  return new SternaError(
    "ServerAsksNoPassword",
    `the user "${username}" of Redis logs in with any password (nopass), so none would be set. Run: ACL SETUSER ` +
      `${username} resetpass, and rotate again`,
  );
}

function hash(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}

function loginOf({ host, port, username, tls }: RedisSettings, password: string): ServerLogin {
  const url = new URL(`${"waived" in tls ? "redis" : "rediss"}://${hostInUrl(host)}:${port}`);
  url.username = encodeURIComponent(username);
  url.password = password;
  return { engine: "redis", host, port, username, password, url: url.href };
}
