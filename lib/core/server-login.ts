import { z } from "zod";
import { parseJson } from "./text";

const place = { host: z.string().min(1), port: z.number().int().min(1).max(65_535) };
const user = { username: z.string().min(1), password: z.string().min(1) };

/** The secret of a PostgreSQL user: the keys of AWS's own rotation functions, and a URL. */
const postgresLogin = z.object({
  engine: z.literal("postgres"),
  ...place,
  dbname: z.string().min(1),
  ...user,
  url: z.string().regex(/^postgres(ql)?:\/\//),
});

/** The secret of a Redis user. */
const redisLogin = z.object({ engine: z.literal("redis"), ...place, ...user, url: z.string().regex(/^rediss?:\/\//) });

/**
 * The secret of a database user, as rotations write it and steps read it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export const serverLogin = z.discriminatedUnion("engine", [postgresLogin, redisLogin]);

/** The secret of a server's user. */
export type ServerLogin = z.infer<typeof serverLogin>;

/** Keys of a user's secret that every reader can rely on. */
export const SERVER_LOGIN_KEYS = {
  postgres: Object.keys(postgresLogin.shape),
  redis: Object.keys(redisLogin.shape),
} as const satisfies Record<ServerLogin["engine"], readonly string[]>;

const PLAIN_KEYS = ["engine", "host", "port", "dbname", "username"];

/** Whether the value of a key is secret. Host and user appear in messages. */
export function isSecretKey(key: string | undefined): boolean {
  return key === undefined || !PLAIN_KEYS.includes(key);
}

/** The value of a secret before its first rotation. */
export const NOT_ROTATED_YET = JSON.stringify({ sterna: "there is no value yet: the first rotation makes it" });

/** Parses the secret of a database user; undefined if it is not one, as before the first rotation. */
export function readServerLogin(text: string | undefined): ServerLogin | undefined {
  return serverLogin.safeParse(parseJson(text)).data;
}
