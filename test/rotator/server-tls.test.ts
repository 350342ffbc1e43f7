import { afterAll, beforeAll, describe, expect, it, jest, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { createClient } from "@redis/client";
import { createCertificate } from "../../lib/engine/protocol/certificate";
import { rotate } from "../../lib/rotator/rotation";
import { rotationSettings, type RotationSettings, type TlsSettings } from "../../lib/rotator/settings";
import { freePort } from "../../lib/testing/postgres/free-port";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { serveTls } from "../support/postgres-tls";
import { startRedis, type RedisTestServer } from "../support/redis";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { bundleRotatingProcess } from "./killed-rotation";
import { rotationOf } from "./postgres-secrets";
import type { RotatingProcessOrder } from "./rotating-process";
import { startSecretStore, type SecretStore } from "./aws/secret-store";

/** Many seconds on a machine that is busy with other tests. */
const MILLISECONDS = 60_000;
jest.setTimeout(MILLISECONDS);
/** For the name "localhost", and signed by itself: its own authority. */
const server = createCertificate();
const trusted: TlsSettings = { certificateAuthority: server.certificate };
const stranger: TlsSettings = { certificateAuthority: createCertificate().certificate };

requires(
  "postgres",
  "redis",
  "moto_server",
)("a rotation over TLS", () => {
  let store: SecretStore;
  let postgres: PostgresServer;
  let plainPostgres: PostgresServer;
  let redis: RedisTestServer;

  beforeAll(async () => {
    [store, postgres, plainPostgres, redis] = await Promise.all([
      startSecretStore(),
      startPostgres(),
      startPostgres(),
      startRedis(server),
    ]);
    await serveTls(postgres, server);
    for (const one of [postgres, plainPostgres]) {
      await one.createDatabase("app");
      await one.query("CREATE ROLE master LOGIN CREATEROLE PASSWORD 'known'");
    }
    await store.create("postgres-master", JSON.stringify({ username: "master", password: "known" }));
    await store.create("redis-master", JSON.stringify({ username: "default", password: redis.password }));
  });
  afterAll(async () => {
    await store?.stop();
    await postgres?.stop();
    await plainPostgres?.stop();
    await redis?.stop();
  });

  const ofPostgres = (tls: TlsSettings, at: Partial<Record<"host" | "port", unknown>> = {}) =>
    rotationSettings.parse({
      ...{ strategy: "postgresAlternatingUsers", username: "app", database: "app", ownerRole: "app_owner" },
      ...{ host: "localhost", port: postgres.port, adminSecret: "postgres-master", tls, ...at },
    });
  const ofRedis = (tls: TlsSettings, at: Partial<Record<"host" | "port", unknown>> = {}) =>
    rotationSettings.parse({
      ...{ strategy: "redisAcl", username: "app", rules: ["~app:*", "+@read", "+@write"] },
      ...{ host: "localhost", port: redis.tlsPort, adminSecret: "redis-master", tls, ...at },
    });

  describe.each([
    ["PostgreSQL", ofPostgres, postgresLogin, () => plainPostgres.port],
    ["Redis", ofRedis, redisLogin, () => redis.port],
  ] as const)("of %s", (name, settingsOf, logsInEncrypted, plainPort) => {
    const secretId = name.toLowerCase();
    const rotateBy = (settings: RotationSettings) => rotate(rotationOf(store, secretId, settings));

    beforeAll(() => store.create(secretId));

    it("logs in where the authority is known and the name is right, again and again", async () => {
      for (let rotation = 0; rotation < 3; rotation++) {
        // WHEN
        await rotateBy(settingsOf(trusted));

        // THEN
        expect(await logsInEncrypted((await store.value(secretId)).url!)).toBe(true);
      }
    });

    test.each([
      ["the authority is another", "ServerCertificateRefused", /SELF_SIGNED|UNABLE_TO/, () => settingsOf(stranger)],
      ["the authority is none that Node.js knows", "ServerCertificateRefused", /SELF_SIGNED/, () => settingsOf({})],
      [
        "the certificate is for another name",
        "ServerCertificateRefused",
        /ERR_TLS_CERT_ALTNAME_INVALID/,
        () => settingsOf(trusted, { host: "127.0.0.1" }),
      ],
      [
        "the server speaks no TLS",
        "ServerWithoutTls",
        /acknowledge: \{ PlaintextWithoutReason: "<reason>" \}/,
        () => settingsOf(trusted, { port: plainPort() }),
      ],
    ] as const)(
      "changes nothing where %s",
      async (_where, code, message, settings) => {
        // GIVEN
        const before = [await store.stages(secretId), await store.value(secretId)];

        // WHEN
        const rotation = rotateBy(settings());

        // THEN
        await expect(rotation).rejects.toMatchObject({ code, message: expect.stringMatching(message) as unknown });
        expect([await store.stages(secretId), await store.value(secretId)]).toEqual(before);
        expect(await logsInEncrypted((await store.value(secretId)).url!)).toBe(true);
      },
      60_000,
    );

    it("goes without TLS where that is waived by name", async () => {
      // GIVEN
      const other = await store.create(`plain-${secretId}`);
      const settings = settingsOf({ waived: "the server of the test is on loopback" }, { port: plainPort() });

      // WHEN
      await rotate(rotationOf(store, other, settings));

      // THEN
      expect((await store.value(other)).url).not.toMatch(/sslmode|^rediss/);
    });

    it("says that a server is not there as that, and as no refusal of its certificate", async () => {
      const rotation = rotateBy(settingsOf(trusted, { port: await freePort() }));
      await expect(rotation).rejects.toThrow(/ECONNREFUSED/);
    });
  });

  it("knows the authorities of NODE_EXTRA_CA_CERTS, by which the function in AWS Lambda knows Amazon's", async () => {
    const directory = scratchDirectory("authorities");
    try {
      // GIVEN
      const secretId = await store.create("amazon");
      const file = join(directory, "ca-cert.pem");
      writeFileSync(file, server.certificate);
      bundleRotatingProcess(directory);
      const order: RotatingProcessOrder = {
        secretId,
        token: randomUUID(),
        settings: ofPostgres({}),
        killAfter: "never",
      };
      const rotateKnowing = (NODE_EXTRA_CA_CERTS?: string) =>
        promisify(execFile)(process.execPath, [join(directory, "rotating-process.cjs")], {
          env: { PATH: process.env.PATH, ...store.environment, ROTATION: JSON.stringify(order), NODE_EXTRA_CA_CERTS },
        });

      // THEN
      await expect(rotateKnowing()).rejects.toMatchObject({
        stderr: expect.stringContaining("ServerCertificateRefused") as unknown,
      });

      // WHEN
      await rotateKnowing(file);

      // THEN
      expect((await store.stages(secretId)).AWSCURRENT).toBe(order.token);
      expect(await postgresLogin((await store.value(secretId)).url!)).toBe(true);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("is not waived by a server that wants it", async () => {
    // GIVEN
    const settings = ofPostgres({ waived: "there is none" });

    // WHEN
    const rotation = rotate(rotationOf(store, "postgresql", settings));

    // THEN
    await expect(rotation).rejects.toThrow(/no encryption/);
  });

  /** The server lets nobody in without TLS. */
  async function postgresLogin(url: string): Promise<boolean> {
    const { username, password, port, pathname } = new URL(url);
    const client = new Client({
      ...{ host: "localhost", port: Number(port), database: pathname.slice(1), user: username, password },
      ssl: { ca: server.certificate },
    });
    await client.connect();
    await client.end();
    return url.endsWith("?sslmode=verify-full");
  }

  async function redisLogin(url: string): Promise<boolean> {
    const client = createClient({ url, socket: { tls: true, ca: server.certificate, reconnectStrategy: false } });
    client.on("error", () => {});
    await client.connect();
    client.destroy();
    return url.startsWith("rediss:");
  }
});
