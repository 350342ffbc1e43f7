import { isIPv6 } from "node:net";
import { z } from "zod";
import type { ServerLogin } from "../../core/server-login";
import { parseJson } from "../../core/text";
import { EngineError } from "../engine-error";

const DEFAULTS = {
  postgres: { protocol: "postgresql", port: 5432, path: "/postgres" },
  redis: { protocol: "rediss", port: 6379, path: "" },
} as const satisfies Record<ServerLogin["engine"], unknown>;

/**
 * The secret of a server's user, as Sterna's rotations write it, or AWS's: those know no `url`, and may leave out the port
 * and the database.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
const login = z.object({
  engine: z.string().optional(),
  // An endpoint of RDS has the port in it, as `host:5432`.
  host: z.string().refine((host) => isIPv6(host) || /^[^\s:/@?#[\]]+$/.test(host)),
  port: z.coerce.number().int().min(1).max(65_535).optional(),
  dbname: z.string().min(1).optional(),
  username: z.string().min(1),
  password: z.string().min(1),
  ssl: z.union([z.boolean(), z.stringbool()]).default(true),
  url: z.string().min(1).optional(),
});

/**
 * The connection URL that a text is, or that follows from it when it is the JSON of a user's secret. Without a `url` in it
 * TLS is required and the certificate checked, unless the secret says `"ssl": false`.
 *
 * @param what where the text comes from
 * @throws EngineError `SecretNotALogin`
 */
export function loginUrl(text: string, engine: ServerLogin["engine"], what: string): string {
  const document = parseJson(text);
  if (document === null || typeof document !== "object") return text;
  const { data, error } = login.safeParse(document);
  if (error || !(data.engine ?? engine).includes(engine)) {
    const keys = error ? [...new Set(error.issues.map(({ path }) => path.join(".") || "all"))] : ["engine"];
    throw new EngineError(
      "SecretNotALogin",
      `${what}: its JSON makes no connection to ${engine}: ${keys.join(", ")} missing or invalid. ` +
        "It needs host, port, username and password, and dbname for PostgreSQL, as a RotatingSecret writes them; or name the key that holds a URL",
    );
  }
  return data.url ?? urlOf(data, engine);
}

function urlOf({ host, port, dbname, username, password, ssl }: z.output<typeof login>, engine: ServerLogin["engine"]) {
  const { protocol, port: usual, path } = DEFAULTS[engine];
  const plain = engine === "redis" && !ssl;
  const url = new URL(
    `${plain ? "redis" : protocol}://${host.includes(":") ? `[${host}]` : host}:${port ?? usual}${path}`,
  );
  if (dbname !== undefined) url.pathname = `/${encodeURIComponent(dbname)}`;
  url.username = encodeURIComponent(username);
  url.password = encodeURIComponent(password);
  if (engine === "postgres" && ssl) url.searchParams.set("sslmode", "verify-full");
  return url.href;
}
