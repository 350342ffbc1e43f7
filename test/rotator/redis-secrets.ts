import { rotationSettings, type RotationSettings } from "../../lib/rotator/settings";
import type { RedisTestServer } from "../support/redis";
import type { SecretStore } from "./aws/secret-store";

/** The administrator's secret, and the settings for a user `app` of Redis. */
export async function prepareRedisSettings(
  store: SecretStore,
  redis: RedisTestServer,
  adminName: string,
): Promise<RotationSettings> {
  const adminSecret = await store.create(adminName, JSON.stringify({ username: "default", password: redis.password }));
  return rotationSettings.parse({
    strategy: "redisAcl",
    host: "127.0.0.1",
    port: redis.port,
    username: "app",
    adminSecret,
    rules: ["~app:*", "+@read", "+@write"],
    tls: { waived: "the server of the test is on loopback" },
  });
}
