import { isIPv6 } from "node:net";
import { z } from "zod";
import { SternaError } from "../core/errors";

/** How the identity of a server is verified. */
const tls = z.union([
  z.strictObject({ waived: z.string().min(1) }),
  z.strictObject({ certificateAuthority: z.string().optional() }),
]);

const server = {
  // It is also part of a URL.
  host: z
    .string()
    .refine(
      (host) => isIPv6(host) || /^[^\s:/@?#[\]]+$/.test(host),
      "must be a host name or an address, without port or brackets",
    ),
  port: z.coerce.number().int().min(1).max(65_535),
  username: z.string().min(1),
  adminSecret: z.string().min(1),
  tls: tls.default({}),
};

/** PostgreSQL truncates longer names with only a notice (`NAMEDATALEN`, 64): bytes, not letters. */
const LONGEST_ROLE_NAME = 63;

function role(longest = LONGEST_ROLE_NAME) {
  return z
    .string()
    .min(1)
    .refine((name) => Buffer.byteLength(name) <= longest, `must be at most ${longest} bytes: PostgreSQL cuts it off`);
}

const postgresAlternatingUsers = z
  .strictObject({
    strategy: z.literal("postgresAlternatingUsers"),
    ...server,
    username: role(LONGEST_ROLE_NAME - "_clone".length),
    database: role(),
    ownerRole: role(),
  })
  .refine(({ username, ownerRole }) => ![username, `${username}_clone`].includes(ownerRole), {
    path: ["ownerRole"],
    error: "must be a role of its own: neither of the users, who act as it",
  });

const postgresSingleUser = z.strictObject({
  strategy: z.literal("postgresSingleUser"),
  ...server,
  username: role(),
  database: role(),
});

/** These would appear in the plan, the state and the function's variables, or would revoke what the rotator created. */
const RULE_ABOUT_PASSWORDS = /^([><#!]|(no|reset)pass$|reset$|off$)/i;

const redisAcl = z.strictObject({
  strategy: z.literal("redisAcl"),
  ...server,
  rules: z
    .array(
      z
        .string()
        .refine((rule) => !RULE_ABOUT_PASSWORDS.test(rule), "must not be about passwords: the rotator makes them"),
    )
    .optional(),
  notDurable: z.string().min(1).optional(),
});

const randomValue = z.strictObject({
  strategy: z.literal("randomValue"),
  shape: z.enum(["hex", "base64url", "influxToken"]),
  bytes: z.number().int().min(16).max(1024),
  prefix: z.string(),
  key: z.string().min(1),
});

/** What the rotator needs to know about one secret. Contains no secret. */
export const rotationSettings = z.discriminatedUnion("strategy", [
  postgresAlternatingUsers,
  postgresSingleUser,
  redisAcl,
  randomValue,
]);

export type RotationSettings = z.infer<typeof rotationSettings>;
export type SettingsOf<Name extends RotationSettings["strategy"]> = Extract<RotationSettings, { strategy: Name }>;
export type TlsSettings = z.infer<typeof tls>;

/** Environment variable of the rotation function that contains the settings as JSON. */
export const SETTINGS_VARIABLE = "STERNA_ROTATION_SETTINGS";

/** Environment variables of the Cloud Run function: `projects/<project>/secrets/<name>`, and its rotation period. */
export const SECRET_VARIABLE = "STERNA_ROTATED_SECRET";
export const PERIOD_VARIABLE = "STERNA_ROTATION_PERIOD_SECONDS";

/**
 * Reads settings.
 *
 * @param source origin of the settings, for the message
 * @throws SternaError `RotationSettingsInvalid`
 */
export function parseRotationSettings(json: string, source: string): RotationSettings {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    throw new SternaError("RotationSettingsInvalid", `${source} is not JSON; it holds the settings of one rotation`);
  }
  const parsed = rotationSettings.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new SternaError("RotationSettingsInvalid", `${source}: ${z.prettifyError(parsed.error)}`);
}
