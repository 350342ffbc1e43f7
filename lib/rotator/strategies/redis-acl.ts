import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClientType } from "@redis/client";
import { acknowledgement } from "../../core/acknowledge";
import { SternaError } from "../../core/errors";
import {
  refuseSelfAdministration,
  randomPassword,
  readCredentials,
  usernameIn,
  type ServerLogin,
  hostInUrl,
  type Credentials,
} from "../credentials";
import type { RotationStrategy, RotationTarget, SecretVersions } from "../rotation";
import { throwTlsRefusal, tlsOptions } from "../server-tls";
import type { SettingsOf, TlsSettings } from "../settings";

type RedisSettings = SettingsOf<"redisAcl">;

/**
 * A Redis user with two passwords at the same time: the new one is added, and the one before the previous is removed
 * when the new one is current. The server receives only their SHA-256.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
 */
export function redisAcl(settings: RedisSettings, versions: SecretVersions): RotationStrategy {
  const { username, adminSecret, notDurable } = settings;
  return {
    async exclusively(work) {
      const credentials = readCredentials(await versions.currentValueOf(adminSecret), adminSecret);
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
        // Refused now, instead of when its password must be kept.
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
        // Only passwords that existed when the work began: a concurrent rotation, as after a failover that loses the
        // lock, may have added one that `kept` does not contain yet.
        const left = (await findUser(admin, username))?.passwords ?? [];
        const ended = left.filter((known) => found?.passwords.includes(known) && !hashes.includes(known));
        if (ended.length > 0) await setUser(...ended.map((known) => `!${known}`));
      },
    };
  }

  /** Hash of a value's password, as stored by the server. Undefined if there is no value yet. */
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

/** A user as reported by the server. */
interface RedisUser {
  /** SHA-256 of its passwords, in hexadecimal digits. */
  readonly passwords: readonly string[];

  /** Whether it can log in with any password. */
  readonly asksNoPassword: boolean;
}

/** The user with that name, if there is one. */
async function findUser(admin: RedisClientType, username: string): Promise<RedisUser | undefined> {
  const reply = (await admin.sendCommand(["ACL", "GETUSER", username])) as unknown as unknown[] | null;
  if (reply === null) return undefined;
  const list = (name: string) => reply[reply.indexOf(name) + 1] as string[];
  return { passwords: list("passwords"), asksNoPassword: list("flags").includes("nopass") };
}

/**
 * Persists the users of a server across restarts: a lost password would lock all services out.
 *
 * @throws SternaError `RotationNotDurable`
 */
async function keepUsers(admin: RedisClientType): Promise<void> {
  await refuseOtherNodes(admin);
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
  throw refusal(
    `Redis would forget the new password when it restarts (${outcomes.join("; ")}). Configure an aclfile, or start it ` +
      "with a configuration file",
  );
}

/** Users are not replicated (redis/redis#6738, #7988): after a failover, logins with the new password would fail. */
async function refuseOtherNodes(admin: RedisClientType): Promise<void> {
  const [role, , replicas] = (await admin.sendCommand(["ROLE"])) as unknown as [string, unknown, unknown];
  const connected = role === "master" ? (replicas as unknown[]).length : 0;
  const hello = (await admin.sendCommand(["HELLO"])) as unknown[];
  const cluster = hello[hello.indexOf("mode") + 1] === "cluster";
  if (role === "master" && connected === 0 && !cluster) return;
  const what = cluster ? "is a node of a cluster" : role === "master" ? `has ${connected} replicas` : "is a replica";
  throw refusal(
    `this Redis ${what}, and no node tells another about its users. Rotate them with the tool that made them`,
  );
}

function refusal(message: string): SternaError {
  return new SternaError(
    "RotationNotDurable",
    `${message}, or say why that does not matter: ${acknowledgement("RotationNotDurable")}`,
  );
}

/** Location of a Redis server. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings;
}

const CONNECT_MILLISECONDS = 5_000;

/**
 * Never connects. The library creates a class with all commands for each set of options that differs from the last one,
 * including the password, which takes longer than the login itself. Duplicates share the class.
 */
let template: ReturnType<typeof makeTemplate> | undefined;

async function makeTemplate() {
  // Imported late, so that a function that rotates PostgreSQL users starts without it.
  const { createClient } = await import("@redis/client");
  // Replies are lists instead of maps.
  return createClient({ RESP: 2 });
}

/**
 * Logs in, and closes the connection after the work.
 *
 * @throws SternaError `ServerCertificateRefused`, `ServerWithoutTls`
 */
async function withRedis<Result>(
  place: RedisPlace,
  { username, password }: Credentials,
  work: (client: RedisClientType) => Promise<Result>,
): Promise<Result> {
  const { host, port } = place;
  const secure = tlsOptions(place.tls);
  const client = (await (template ??= makeTemplate())).duplicate({
    username,
    password,
    socket: {
      host,
      port,
      connectTimeout: CONNECT_MILLISECONDS,
      reconnectStrategy: false,
      ...(secure && { tls: true, ...secure }),
    },
  }) as unknown as RedisClientType;
  client.on("error", () => {});
  try {
    await client.connect().catch((error: unknown) => throwTlsRefusal(error, place));
    return await work(client);
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/** Whether a user can log in. @throws when the server does not respond */
async function canLogIn(place: RedisPlace, login: Credentials): Promise<boolean> {
  try {
    await withRedis(place, login, async () => {});
    return true;
  } catch (error) {
    if (/^WRONGPASS/.test((error as Error).message)) return false;
    throw error;
  }
}

/** How long a lock outlives its holder. */
const EXPIRY_MILLISECONDS = 5_000;
const RENEWAL_MILLISECONDS = 1_000;
const WAIT_MILLISECONDS = 20_000;

const RENEW =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";
const RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/**
 * Holds a lock on the server itself while `work` runs. It expires soon after its holder is gone.
 *
 * @throws SternaError `RotationLocked`
 */
async function withRedisLock<Result>(
  admin: RedisClientType,
  username: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const key = `sterna:rotation:${username}`;
  const holder = randomUUID();
  for (const end = Date.now() + WAIT_MILLISECONDS; ; await sleep(50)) {
    if ((await admin.set(key, holder, { NX: true, PX: EXPIRY_MILLISECONDS })) !== null) break;
    if (Date.now() > end) {
      throw new SternaError(
        "RotationLocked",
        `another rotation of the user ${username} did not end within ${WAIT_MILLISECONDS / 1000} seconds; try again later`,
      );
    }
  }
  const renewal = setInterval(() => {
    admin.eval(RENEW, { keys: [key], arguments: [holder, String(EXPIRY_MILLISECONDS)] }).catch(() => {});
  }, RENEWAL_MILLISECONDS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    // Without a response, the lock expires. The error of the work itself is more useful.
    await admin.eval(RELEASE, { keys: [key], arguments: [holder] }).catch(() => {});
  }
}
