import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { SternaError } from "../core/errors";
import { NOT_ROTATED_YET, SERVER_LOGIN_KEYS } from "../core/server-login";
import { parseJson } from "../core/text";
import type { RotationSettings } from "./settings";

export { NOT_ROTATED_YET, readServerLogin, type ServerLogin } from "../core/server-login";

const credentials = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** A name and a password: the required content of an administrator's secret. */
export type Credentials = z.infer<typeof credentials>;

/** The keys that the rotator writes. Readers of the secret can rely on these only. */
export function writtenKeys(settings: RotationSettings): readonly string[] {
  switch (settings.strategy) {
    case "postgresAlternatingUsers":
    case "postgresSingleUser":
      return SERVER_LOGIN_KEYS.postgres;
    case "redisAcl":
      return SERVER_LOGIN_KEYS.redis;
    case "randomValue":
      return [settings.key];
  }
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

/**
 * The user of the login in a secret. Undefined if there is none yet. Also reads secrets from other sources, such as
 * AWS's own rotation function, which has no `url`.
 *
 * @throws SternaError `SecretUnreadable`: a rotation that does not know which user is in use could lock that user out
 */
export function usernameIn(text: string | undefined, secretId: string): string | undefined {
  if (text === undefined || text === NOT_ROTATED_YET) return undefined;
  const document = parseJson(text);
  const found = credentials.safeParse(document).data;
  if (found !== undefined) return found.username;
  if (isDeepStrictEqual(document, {})) return undefined;
  throw new SternaError(
    "SecretUnreadable",
    `the current value of ${secretId} is no JSON object with the keys "username" and "password", so the rotator cannot ` +
      "tell which user is in use, and must not change his password. Write such a value, or {} where nobody uses the secret",
  );
}

/**
 * Refuses an administrator who would change their own password: the secret that the next step reads would be wrong.
 *
 * @throws SternaError `RotationOfAdministrator`
 */
export function refuseSelfAdministration({ username }: Credentials, rotated: readonly string[]): void {
  if (!rotated.includes(username)) return;
  throw new SternaError(
    "RotationOfAdministrator",
    `the administrator's secret is that of "${username}", who is rotated: after a rotation that is broken off nobody ` +
      "could log in to finish it. Name as adminSecret the secret of another user, who may change this one",
  );
}

/** A password of letters, digits, `-` and `_`, which needs no quoting in a URL, a shell, SQL or a `.env` file. */
export function randomPassword(): string {
  return randomBytes(32).toString("base64url");
}

/** A host in the form for a URL, where an IPv6 address needs brackets. */
export function hostInUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
