import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "redis";
import { rotate } from "../../lib/secrets/rotator/rotate";
import { rotationSettings, type RotationSettings } from "../../lib/secrets/rotator/settings";
import { startRedis, type RedisTestServer } from "../support/redis";
import { requires } from "../support/requirements";
import { rotationOf } from "./postgres-secrets";
import { startSecretStore, type SecretStore } from "./secret-store";

const ROTATIONS = 50;
/** Half a minute on a free machine. */
const MILLISECONDS = 420_000;

requires("redis", "moto_server")("a rotation of a user of Redis", () => {
  let store: SecretStore;
  let redis: RedisTestServer;
  let settings: RotationSettings;
  let secretId: string;
  let over = false;

  beforeAll(async () => {
    [store, redis] = await Promise.all([startSecretStore(), startRedis()]);
    const adminSecretId = await store.create(
      "redis-admin",
      JSON.stringify({ username: "default", password: redis.password }),
    );
    settings = rotationSettings.parse({
      strategy: "redisAcl",
      host: "127.0.0.1",
      port: redis.port,
      username: "app",
      adminSecretId,
      rules: ["~app:*", "+@read", "+@write"],
      tls: { waived: "the server of the test is on loopback" },
    });
    secretId = await store.create("redis-app");
  }, 60_000);
  afterAll(async () => {
    // A client that outlived its test would fail in the next file.
    over = true;
    await store?.stop();
    await redis?.stop();
  });

  it(
    `goes ${ROTATIONS} times without a refused login, and leaves two passwords`,
    async () => {
      // GIVEN
      await rotate(rotationOf(store, secretId, settings));
      let [attempts, refused] = [0, 0];
      const client = (async () => {
        for (; !over; attempts++) {
          if (!(await logsIn((await store.value(secretId)).url!))) refused += 1;
          // The rotations need the machine as well.
          await sleep(20);
        }
      })();

      // WHEN
      for (let rotation = 0; rotation < ROTATIONS; rotation++) await rotate(rotationOf(store, secretId, settings));
      over = true;
      await client;

      // THEN
      expect({ refused, enough: attempts > ROTATIONS }).toEqual({ refused: 0, enough: true });
      expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
      expect(await passwords()).toHaveLength(2);
      expect(await logsIn((await store.value(secretId, "AWSPREVIOUS")).url!)).toBe(true);
      expect(await redis.command(["ACL", "LIST"])).toContainEqual(expect.stringMatching(/^user app on .*~app:\*/));
    },
    MILLISECONDS,
  );

  it("keeps the passwords of the user in the server's configuration, as hashes", async () => {
    const configuration = readFileSync(join(redis.directory, "redis.conf"), "utf8");
    for (const hash of await passwords()) expect(configuration).toContain(`#${hash}`);
    expect(configuration).not.toContain((await store.value(secretId)).password);
  });

  it(
    "twice at once ends with one current version that logs in",
    async () => {
      for (let pair = 0; pair < 3; pair++) {
        // WHEN
        await Promise.allSettled([1, 2].map(() => rotate(rotationOf(store, secretId, settings))));
        if ((await store.stages(secretId)).AWSPENDING) await rotate(rotationOf(store, secretId, settings));

        // THEN
        expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
        expect(await logsIn((await store.value(secretId)).url!)).toBe(true);
      }
    },
    MILLISECONDS,
  );

  it("of a user who is not there says what to give", async () => {
    // GIVEN
    const other = await store.create("redis-other");
    const { rules, ...rest } = settings as Extract<RotationSettings, { strategy: "redisAcl" }>;
    expect(rules).toBeDefined();

    // WHEN
    const rotation = rotate(rotationOf(store, other, { ...rest, username: "other" }));

    // THEN
    await expect(rotation).rejects.toMatchObject({ code: "RotationUserMissing" });
    expect(await redis.command(["KEYS", "sterna:*"])).toEqual([]);
  });

  async function passwords(): Promise<string[]> {
    const user = (await redis.command(["ACL", "GETUSER", "app"])) as unknown[] | Record<string, unknown>;
    const found = Array.isArray(user) ? user[user.indexOf("passwords") + 1] : user.passwords;
    return found as string[];
  }

  async function logsIn(url: string): Promise<boolean> {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on("error", () => {});
    try {
      await client.connect();
      return true;
    } catch (error) {
      if (/WRONGPASS/.test((error as Error).message)) return false;
      throw error;
    } finally {
      if (client.isOpen) client.destroy();
    }
  }
});
