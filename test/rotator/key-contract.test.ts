import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Client } from "pg";
import { createClient } from "@redis/client";
import { serverLogin } from "../../lib/core/server-login";
import { loginUrl } from "../../lib/engine/secrets/login-url";
import { SecretFetcher } from "../../lib/engine/secrets/secret-fetcher";
import { rotate } from "../../lib/rotator/rotation";
import { writtenKeys } from "../../lib/rotator/credentials";
import { rotationSettings, type RotationSettings } from "../../lib/rotator/settings";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { startRedis, type RedisTestServer } from "../support/redis";
import { requires } from "../support/requirements";
import { preparePostgresSecret, rotationOf } from "./postgres-secrets";
import { startSecretStore, type SecretStore } from "./aws/secret-store";

requires(
  "postgres",
  "redis",
  "moto_server",
)("what rotations write is what steps read", () => {
  let store: SecretStore;
  let postgres: PostgresServer;
  let redis: RedisTestServer;

  beforeAll(async () => {
    [store, postgres, redis] = await Promise.all([startSecretStore(), startPostgres(), startRedis()]);
  }, 60_000);
  afterAll(() => Promise.all([store?.stop(), postgres?.stop(), redis?.stop()]));

  const read = (id: string, key?: string) =>
    new SecretFetcher(store.environment).fetch({ store: "aws", id, ...(key && { key }) });

  const STRATEGIES: Record<
    RotationSettings["strategy"],
    () => Promise<{ secretId: string; settings: RotationSettings }>
  > = {
    postgresAlternatingUsers: () => preparePostgresSecret(store, postgres, "alternating", "postgresAlternatingUsers"),
    postgresSingleUser: () => preparePostgresSecret(store, postgres, "single", "postgresSingleUser"),
    redisAcl: async () => {
      const adminSecret = await store.create(
        "redis-admin",
        JSON.stringify({ username: "default", password: redis.password }),
      );
      return rotated("redis", {
        strategy: "redisAcl",
        host: "127.0.0.1",
        port: redis.port,
        // Not the same as its decoding, which a URL stands for.
        username: "app%41",
        adminSecret,
        rules: ["~*", "+@all"],
        notDurable: "the server of the test has no file",
        tls: { waived: "the server of the test is on loopback" },
      });
    },
    randomValue: () =>
      rotated("value", { strategy: "randomValue", shape: "hex", bytes: 16, prefix: "sk_", key: "token" }),
  };

  async function rotated(name: string, given: object): Promise<{ secretId: string; settings: RotationSettings }> {
    const settings = rotationSettings.parse(given);
    const secretId = await store.create(name);
    await rotate(rotationOf(store, secretId, settings));
    return { secretId, settings };
  }

  describe.each(Object.keys(STRATEGIES) as RotationSettings["strategy"][])("with %s", (strategy) => {
    let secretId: string;
    let settings: RotationSettings;

    beforeAll(async () => void ({ secretId, settings } = await STRATEGIES[strategy]()));

    it("each key that is announced has a value, and no other is there", async () => {
      const value = await store.value(secretId);
      expect(Object.keys(value).sort()).toEqual([...writtenKeys(settings)].sort());
      for (const key of writtenKeys(settings)) {
        await expect(read(secretId, key)).resolves.toBe(String(value[key]));
      }
    });

    it("the whole value is a login of the schema, and connects", async () => {
      const whole = await read(secretId);
      if (strategy === "randomValue") return expect(serverLogin.safeParse(JSON.parse(whole)).success).toBe(false);
      const { engine, url, ...parts } = serverLogin.parse(JSON.parse(whole));
      // As a step connects with the whole value, and as it would with the parts alone.
      for (const login of [
        { engine, url, ...parts },
        { engine, ...parts, ssl: false },
      ]) {
        await expect(whoLogsIn(loginUrl(JSON.stringify(login), engine, "x"))).resolves.toBe(parts.username);
      }
    });
  });

  async function whoLogsIn(url: string): Promise<string> {
    if (url.startsWith("redis")) {
      const client = createClient({ url, socket: { reconnectStrategy: false } });
      client.on("error", () => {});
      await client.connect();
      const name = await client.sendCommand(["ACL", "WHOAMI"]);
      client.destroy();
      return String(name);
    }
    const client = new Client(url);
    await client.connect();
    const { rows } = await client.query("select session_user as name");
    await client.end();
    return rows[0].name;
  }
});
