import { z } from "zod";
import { SternaError } from "../../core/sterna-error";
import type { RotationSettings } from "./settings";

/**
 * What the secret of a server's user holds: the keys that AWS's own rotation functions use, and a URL.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
const serverLogin = z.object({
  engine: z.enum(["postgres", "redis"]),
  host: z.string(),
  port: z.number(),
  dbname: z.string().optional(),
  username: z.string(),
  password: z.string(),
  url: z.string(),
});

/** The secret of a server's user. */
export type ServerLogin = z.infer<typeof serverLogin>;

const credentials = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** A name and a password: all that is asked of the secret of an administrator. */
export type Credentials = z.infer<typeof credentials>;

const POSTGRES_KEYS = ["engine", "host", "port", "dbname", "username", "password", "url"] as const;
const REDIS_KEYS = ["engine", "host", "port", "username", "password", "url"] as const;

/** The keys that the rotator writes; who reads the secret can rely on them, and on no others. */
export function writtenKeys(settings: RotationSettings): readonly string[] {
  switch (settings.strategy) {
    case "postgresAlternatingUsers":
    case "postgresSingleUser":
      return POSTGRES_KEYS;
    case "redisAcl":
      return REDIS_KEYS;
    case "randomValue":
      return [settings.key];
  }
}

/** What stands in a secret until its first rotation. Says so to a person who reads it, and is no secret. */
export const NOT_ROTATED_YET = JSON.stringify({ sterna: "there is no value yet: the first rotation makes it" });

/** Reads the secret of a server's user; nothing when the text is none, as before the first rotation. */
export function readServerLogin(text: string | undefined): ServerLogin | undefined {
  return serverLogin.safeParse(parseJson(text)).data;
}

/**
 * Reads a name and a password.
 *
 * @throws SternaError `SecretUnreadable`
 */
export function readCredentials(text: string | undefined, secretId: string): Credentials {
  const found = credentials.safeParse(parseJson(text)).data;
  if (found !== undefined) return found;
  throw new SternaError(
    "SecretUnreadable",
    `the secret ${secretId} must be a JSON object with the keys "username" and "password"; the rotator logs in with them`,
  );
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
