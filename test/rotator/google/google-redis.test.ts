import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createClient } from "@redis/client";
import { rotateGoogleSecret } from "../../../lib/rotator/google/rotation-message";
import type { RotationSettings } from "../../../lib/rotator/settings";
import { startRedis, type RedisTestServer } from "../../support/redis";
import { requires } from "../../support/requirements";
import { CrashingClient } from "./crashing-client";
import { startGoogleSecretStore, type GoogleSecretStore } from "./google-secret-store";
import { rotationOf } from "../postgres-secrets";
import { prepareRedisSettings } from "../redis-secrets";

const MILLISECONDS = 60_000;

requires("redis")("a rotation of a user of Redis in Google Secret Manager (contract model)", () => {
  let store: GoogleSecretStore;
  let redis: RedisTestServer;
  let settings: RotationSettings;
  let secretId: string;

  beforeAll(async () => {
    [store, redis] = await Promise.all([startGoogleSecretStore(), startRedis()]);
    store.model.staleness = 3;
    settings = await prepareRedisSettings(store, redis, "admin");
    secretId = await store.create("app");
    await rotateGoogleSecret(rotationOf(store, secretId, settings));
  }, MILLISECONDS);
  afterAll(async () => {
    await store?.stop();
    await redis?.stop();
  });

  it(
    "leaves two passwords that work, the current and the previous one",
    async () => {
      for (let rotation = 0; rotation < 5; rotation++) {
        // GIVEN
        const before = await store.value(secretId);

        // WHEN
        await rotateGoogleSecret(rotationOf(store, secretId, settings));

        // THEN
        expect(await store.value(secretId, "AWSPREVIOUS")).toEqual(before);
        expect([await logsIn(before.url!), await logsIn((await store.value(secretId)).url!)]).toEqual([true, true]);
        expect(await passwords()).toHaveLength(Math.min(rotation + 2, 2));
      }
    },
    MILLISECONDS,
  );

  it.each([
    { at: 1, when: "after" as const },
    { at: 2, when: "before" as const },
    { at: 2, when: "after" as const },
    { at: 3, when: "after" as const },
  ])(
    "that breaks off $when change $at refuses nobody, and is finished",
    async ({ at, when }) => {
      // GIVEN
      const before = await store.value(secretId);
      const crashing = new CrashingClient(store.model.endpoint, at, when);
      const broken = { ...store, versionsOf: (id: string) => store.versionsOf(id, crashing) };

      // WHEN
      await expect(rotateGoogleSecret(rotationOf(broken, secretId, settings))).rejects.toThrow("crash");

      // THEN
      expect([await logsIn(before.url!), await logsIn((await store.value(secretId)).url!)]).toEqual([true, true]);

      // WHEN
      await rotateGoogleSecret(rotationOf(store, secretId, settings));

      // THEN
      const after = await store.value(secretId);
      expect(after.password).not.toBe(before.password);
      expect(await logsIn(after.url!)).toBe(true);
      expect(await passwords()).toHaveLength(2);
      expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
    },
    MILLISECONDS,
  );

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
