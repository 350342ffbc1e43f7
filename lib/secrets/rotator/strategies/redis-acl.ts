import { createHash } from "node:crypto";
import { createClient, type RedisClientType } from "redis";
import { SternaError } from "../../../core/sterna-error";
import { randomPassword } from "../random-text";
import type { RotationStrategy, RotationTarget } from "../rotation-strategy";
import { readCredentials, readServerLogin, type Credentials, type ServerLogin } from "../secret-keys";
import type { SecretVersions } from "../secret-versions";
import type { SettingsOf } from "../settings";
import { withRedisLock } from "./redis-lock";

type RedisSettings = SettingsOf<"redisAcl">;

const CONNECT_MILLISECONDS = 10_000;

/**
 * A user of Redis with two passwords at a time: the new one is added, and the one before the previous removed when the
 * new one is current. The server gets their SHA-256 only.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
 */
export function redisAcl(settings: RedisSettings, versions: SecretVersions): RotationStrategy {
  const { username, adminSecretId } = settings;
  return {
    async exclusively(work) {
      const credentials = readCredentials(await versions.currentValueOf(adminSecretId), adminSecretId);
      return withRedis(settings, credentials, (admin) => withRedisLock(admin, username, () => work(target(admin))));
    },
  };

  function target(admin: RedisClientType): RotationTarget {
    return {
      generate: async () => JSON.stringify(loginOf(settings, randomPassword())),
      accepts: (value) => canLogIn(settings, requireLogin(value, versions.secretId)),
      async install(value) {
        const { password } = requireLogin(value, versions.secretId);
        const exists = (await admin.sendCommand(["ACL", "GETUSER", username])) !== null;
        await admin.sendCommand([
          "ACL",
          "SETUSER",
          username,
          ...(exists ? [] : rulesOf(settings)),
          "on",
          hash(password),
        ]);
        await persist(admin, settings);
      },
      async retire(kept) {
        const hashes = kept.flatMap((value) => readServerLogin(value)?.password ?? []).map(hash);
        await admin.sendCommand(["ACL", "SETUSER", username, "resetpass", ...hashes]);
        await persist(admin, settings);
      },
    };
  }
}

function rulesOf({ rules, username }: RedisSettings): string[] {
  if (rules !== undefined) return rules;
  throw new SternaError(
    "RotationUserMissing",
    `Redis has no user "${username}". Make it, or say with rules what it may do, such as ["~app:*", "+@read", "+@write"]`,
  );
}

const hash = (password: string) => `#${createHash("sha256").update(password).digest("hex")}`;

/** A password that is gone after a restart of the server would lock everybody out. */
async function persist(admin: RedisClientType, { notDurable }: RedisSettings): Promise<void> {
  if (notDurable !== undefined) return;
  const outcomes: string[] = [];
  for (const command of [
    ["ACL", "SAVE"],
    ["CONFIG", "REWRITE"],
  ]) {
    try {
      await admin.sendCommand(command);
      return;
    } catch (error) {
      outcomes.push(`${command.join(" ")}: ${(error as Error).message}`);
    }
  }
  throw new SternaError(
    "RotationNotDurable",
    `Redis would forget the new password when it restarts (${outcomes.join("; ")}). Configure an aclfile, start it with a ` +
      "configuration file, or say with notDurable why that does not matter",
  );
}

async function withRedis<Result>(
  { host, port, tls }: RedisSettings,
  { username, password }: Credentials,
  work: (client: RedisClientType) => Promise<Result>,
): Promise<Result> {
  const secure = "waived" in tls ? {} : { tls: true as const, ca: tls.certificateAuthority };
  const client = createClient({
    username,
    password,
    socket: { host, port, connectTimeout: CONNECT_MILLISECONDS, reconnectStrategy: false, ...secure },
  }) as unknown as RedisClientType;
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    if (client.isOpen) client.destroy();
  }
}

async function canLogIn(settings: RedisSettings, login: ServerLogin): Promise<boolean> {
  try {
    await withRedis(settings, login, async () => {});
    return true;
  } catch (error) {
    if (/^WRONGPASS/.test((error as Error).message)) return false;
    throw error;
  }
}

function loginOf({ host, port, username, tls }: RedisSettings, password: string): ServerLogin {
  const url = new URL(`${"waived" in tls ? "redis" : "rediss"}://${host}:${port}`);
  url.username = username;
  url.password = password;
  return { engine: "redis", host, port, username, password, url: url.href };
}

function requireLogin(value: string, secretId: string): ServerLogin {
  const login = readServerLogin(value);
  if (login !== undefined) return login;
  throw new SternaError(
    "SecretUnreadable",
    `the pending value of ${secretId} is not one that this strategy makes; take AWSPENDING off that version and rotate again`,
  );
}
