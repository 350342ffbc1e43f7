import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@redis/client";
import { rotate, type SecretVersions } from "../../lib/rotator/rotation";
import type { RotationSettings } from "../../lib/rotator/settings";
import { strategyOf } from "../../lib/rotator/strategies/strategy-of";
import { startRedis, type RedisTestServer } from "../support/redis";
import { requires } from "../support/requirements";
import { rotationOf } from "./postgres-secrets";
import { prepareRedisSettings } from "./redis-secrets";
import { startSecretStore, type SecretStore } from "./aws/secret-store";
import { repetitions } from "../support/sample";

const ROTATIONS = repetitions(15, 50);
/** Half a minute on a free machine. */
const MILLISECONDS = 420_000;
jest.setTimeout(MILLISECONDS);
/** The library makes a class with all commands for each set of options; duplicates share it. */
const template = createClient();

requires("redis", "moto_server")("a rotation of a user of Redis", () => {
  let store: SecretStore;
  let redis: RedisTestServer;
  let settings: RotationSettings;
  let secretId: string;
  let over = false;

  beforeAll(async () => {
    [store, redis] = await Promise.all([startSecretStore(), startRedis()]);
    settings = await prepareRedisSettings(store, redis, "redis-admin");
    secretId = await store.create("redis-app");
  });
  afterAll(async () => {
    // A client that outlived its test would fail in the next file.
    over = true;
    await store?.stop();
    await redis?.stop();
  });

  it(`goes ${ROTATIONS} times without a refused login, and leaves two passwords`, async () => {
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
  });

  it("keeps the passwords of the user in the server's configuration, as hashes", async () => {
    const configuration = readFileSync(join(redis.directory, "redis.conf"), "utf8");
    for (const hash of await passwords()) expect(configuration).toContain(`#${hash}`);
    expect(configuration).not.toContain((await store.value(secretId)).password);
  });

  it("twice at once ends with one current version that logs in", async () => {
    for (let pair = 0; pair < 3; pair++) {
      // WHEN
      await Promise.allSettled([1, 2].map(() => rotate(rotationOf(store, secretId, settings))));
      if ((await store.stages(secretId)).AWSPENDING) await rotate(rotationOf(store, secretId, settings));

      // THEN
      expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
      expect(await logsIn((await store.value(secretId)).url!)).toBe(true);
    }
  });

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

  it("is done by a user who may do no more than that", async () => {
    // GIVEN
    const allowed = "+acl|getuser +acl|setuser +acl|save +config|rewrite +role +hello +set +get +pexpire +del +eval";
    const rights = ["~sterna:rotation:*", ...allowed.split(" ")];
    await redis.command(["ACL", "SETUSER", "rotator", "on", ">known", ...rights]);
    await store.create("redis-rotator", JSON.stringify({ username: "rotator", password: "known" }));

    // WHEN
    await rotate(rotationOf(store, secretId, { ...settings, adminSecret: "redis-rotator" } as RotationSettings));

    // THEN
    expect(await logsIn((await store.value(secretId)).url!)).toBe(true);
    await expect(
      rotate(rotationOf(store, secretId, { ...settings, username: "default" } as RotationSettings)),
    ).rejects.toMatchObject({ code: "RotationOfAdministrator" });
  });

  it("keeps the password of a secret that AWS's own function wrote", async () => {
    // GIVEN
    await redis.command(["ACL", "SETUSER", "adopted", "on", ">in use", "~*", "+@read"]);
    const value = JSON.stringify({ engine: "redis", host: "127.0.0.1", username: "adopted", password: "in use" });
    const adopted = await store.create("redis-adopted", value);

    // WHEN
    await rotate(rotationOf(store, adopted, { ...settings, username: "adopted" } as RotationSettings));

    // THEN
    const url = new URL((await store.value(adopted)).url!);
    expect(await logsIn(url.href)).toBe(true);
    url.password = "in use";
    expect(await logsIn(url.href)).toBe(true);
  });

  it("refuses a user who logs in with any password", async () => {
    // GIVEN
    await redis.command(["ACL", "SETUSER", "open", "on", "nopass"]);
    const open = await store.create("redis-open");

    // WHEN
    const rotation = rotate(rotationOf(store, open, { ...settings, username: "open" } as RotationSettings));

    // THEN
    await expect(rotation).rejects.toMatchObject({ code: "ServerAsksNoPassword" });
  });

  it("does not end the password of a rotation that overtook it, as after a failover that forgot the lock", async () => {
    // GIVEN
    await rotate(rotationOf(store, secretId, settings));
    const versions = store.versionsOf(secretId);
    let read = 0;
    const slow: SecretVersions = {
      secretId,
      stages: () => versions.stages(),
      currentValueOf: (id) => versions.currentValueOf(id),
      putPending: (id, value) => versions.putPending(id, value),
      promote: (id, from) => versions.promote(id, from),
      clearPending: (id) => versions.clearPending(id),
      async value(id) {
        const value = await versions.value(id);
        // The last values are read to see which passwords are kept.
        if (finishing && ++read === 2) {
          await redis.command(["DEL", "sterna:rotation:app"]);
          await rotate(rotationOf(store, secretId, settings));
        }
        return value;
      },
    };
    let finishing = false;
    const onProgress = (point: string) => {
      if (point === "finishSecret: version promoted") finishing = true;
    };

    // WHEN
    await rotate({ versions: slow, strategy: strategyOf(settings, slow), onProgress });

    // THEN
    expect(read).toBeGreaterThanOrEqual(2);
    expect(await logsIn((await store.value(secretId)).url!)).toBe(true);
  });

  it("refuses a server whose replicas would not know the new password", async () => {
    // GIVEN
    const replica = await startRedis();
    await replica.command(["CONFIG", "SET", "masterauth", redis.password]);
    await replica.command(["REPLICAOF", "127.0.0.1", String(redis.port)]);
    try {
      while (!String(await redis.command(["INFO", "replication"])).includes("connected_slaves:1")) await sleep(50);

      // WHEN
      const rotation = rotate(rotationOf(store, secretId, settings));

      // THEN
      await expect(rotation).rejects.toMatchObject({
        code: "RotationNotDurable",
        message: expect.stringContaining("1 replicas") as unknown,
      });
    } finally {
      await replica.stop();
    }

    // WHEN
    while (!String(await redis.command(["INFO", "replication"])).includes("connected_slaves:0")) await sleep(50);
    await rotate(rotationOf(store, secretId, settings));

    // THEN
    expect(await logsIn((await store.value(secretId)).url!)).toBe(true);
  });

  async function passwords(): Promise<string[]> {
    const user = (await redis.command(["ACL", "GETUSER", "app"])) as unknown[] | Record<string, unknown>;
    const found = Array.isArray(user) ? user[user.indexOf("passwords") + 1] : user.passwords;
    return found as string[];
  }

  async function logsIn(url: string): Promise<boolean> {
    const { username, password, port } = new URL(url);
    const socket = { host: "127.0.0.1", port: Number(port), reconnectStrategy: false } as const;
    const client = template.duplicate({ username, password: decodeURIComponent(password), socket });
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
