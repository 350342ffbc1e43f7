import { Client } from "pg";
import { rotate, type Rotation, type OnProgress } from "../../lib/rotator/rotation";
import { rotationSettings, type RotationSettings } from "../../lib/rotator/settings";
import { strategyOf } from "../../lib/rotator/strategies/strategy-of";
import type { PostgresServer } from "../support/postgres";
import type { SecretStore } from "./aws/secret-store";

export type PostgresStrategyName = "postgresAlternatingUsers" | "postgresSingleUser";

/** A database, the administrator's secret, a secret that was rotated once, and the settings for it. */
export async function preparePostgresSecret(
  store: SecretStore,
  postgres: PostgresServer,
  name: string,
  strategy: PostgresStrategyName,
): Promise<{ secretId: string; settings: RotationSettings }> {
  const admin = new URL(await postgres.createDatabase(name));
  const adminSecret = await store.create(
    `${name}-admin`,
    JSON.stringify({ username: admin.username, password: admin.password }),
  );
  const settings = rotationSettings.parse({
    strategy,
    host: "127.0.0.1",
    port: postgres.port,
    username: name,
    database: name,
    adminSecret,
    tls: { waived: "the server of the test is on loopback" },
    ...(strategy === "postgresAlternatingUsers" && { ownerRole: `${name}_owner` }),
  });
  const secretId = await store.create(name);
  await rotate(rotationOf(store, secretId, settings));
  return { secretId, settings };
}

export function rotationOf(
  store: SecretStore,
  secretId: string,
  settings: RotationSettings,
  onProgress?: OnProgress,
): Rotation {
  const versions = store.versionsOf(secretId);
  return { versions, strategy: strategyOf(settings, versions, onProgress), onProgress };
}

/** Whether the server takes the login of a secret; any other failure is thrown. */
export async function logsIn(login: Record<string, string>): Promise<boolean> {
  const client = new Client({
    host: login.host,
    port: Number(login.port),
    database: login.dbname,
    user: login.username,
    password: login.password,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "28P01") return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}
