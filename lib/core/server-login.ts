import { z } from "zod";
import { parseJson } from "./text";

const place = { host: z.string().min(1), port: z.number().int().min(1).max(65_535) };
const user = { username: z.string().min(1), password: z.string().min(1) };

/** What the secret of a user of PostgreSQL holds: the keys of AWS's own rotation functions, and a URL. */
const postgresLogin = z.object({
  engine: z.literal("postgres"),
  ...place,
  dbname: z.string().min(1),
  ...user,
  url: z.string().regex(/^postgres(ql)?:\/\//),
});

/** What the secret of a user of Redis holds. */
const redisLogin = z.object({ engine: z.literal("redis"), ...place, ...user, url: z.string().regex(/^rediss?:\/\//) });

/**
 * The secret of a server's user, as rotations write it and as steps read it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export const serverLogin = z.discriminatedUnion("engine", [postgresLogin, redisLogin]);

/** The secret of a server's user. */
export type ServerLogin = z.infer<typeof serverLogin>;

/** Keys of a user's secret; who reads one can rely on them, and on no others. */
export const SERVER_LOGIN_KEYS = {
  postgres: Object.keys(postgresLogin.shape),
  redis: Object.keys(redisLogin.shape),
} as const satisfies Record<ServerLogin["engine"], readonly string[]>;

const PLAIN_KEYS = ["engine", "host", "port", "dbname", "username"];

/** Whether the value of a key is to be kept secret: where a server is and who logs in is said in messages. */
export function isSecretKey(key: string | undefined): boolean {
  return key === undefined || !PLAIN_KEYS.includes(key);
}

/** What stands in a secret until its first rotation. Says so to a person who reads it, and is no secret. */
export const NOT_ROTATED_YET = JSON.stringify({ sterna: "there is no value yet: the first rotation makes it" });

/** Reads the secret of a server's user; nothing when the text is none, as before the first rotation. */
export function readServerLogin(text: string | undefined): ServerLogin | undefined {
  return serverLogin.safeParse(parseJson(text)).data;
}
