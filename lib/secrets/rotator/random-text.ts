import { randomBytes } from "node:crypto";

/** A password of letters, digits, `-` and `_`: it needs no quoting in a URL, a shell, SQL or a `.env` file. */
export function randomPassword(): string {
  return randomBytes(32).toString("base64url");
}
