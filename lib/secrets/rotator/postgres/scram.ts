import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** What PostgreSQL itself takes (`scram_iterations`). */
const ITERATIONS = 4096;

/**
 * What PostgreSQL stores instead of a password. Made here, since `ALTER ROLE … PASSWORD 'plain'` would stand in the
 * server's log with `log_statement = ddl`.
 *
 * @param password ASCII, so that there is nothing to normalize
 * @see https://www.rfc-editor.org/rfc/rfc5802#section-3 and PostgreSQL's documentation of `pg_authid.rolpassword`
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const key = (name: string) => createHmac("sha256", salted).update(name).digest();
  const storedKey = createHash("sha256").update(key("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${key("Server Key").toString("base64")}`;
}
