import type { RedisClientType } from "redis";
import type { Credentials } from "../secret-keys";
import { throwTlsRefusal, tlsOptions } from "../server-tls";
import type { TlsSettings } from "../settings";

/** Where a Redis is. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings;
}

const CONNECT_MILLISECONDS = 5_000;

/**
 * Never connects. The library makes a class with all commands for each set of options that differs from the last one,
 * the password included, and that takes longer than the login itself; duplicates share the class.
 */
let template: ReturnType<typeof makeTemplate> | undefined;

async function makeTemplate() {
  // Late: the start of a function that rotates users of PostgreSQL does without it.
  const { createClient } = await import("redis");
  // Replies are lists, and no maps.
  return createClient({ RESP: 2 });
}

/**
 * Logs in, and ends the connection when the work is done.
 *
 * @throws SternaError `ServerCertificateRefused`, `ServerWithoutTls`
 */
export async function withRedis<Result>(
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
      ...{ host, port, connectTimeout: CONNECT_MILLISECONDS, reconnectStrategy: false },
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

/** Whether somebody can log in. @throws when the server does not answer */
export async function canLogIn(place: RedisPlace, login: Credentials): Promise<boolean> {
  try {
    await withRedis(place, login, async () => {});
    return true;
  } catch (error) {
    if (/^WRONGPASS/.test((error as Error).message)) return false;
    throw error;
  }
}
