import { createHash } from "node:crypto";
import { unzipSync } from "fflate";
import { sha256 } from "../../engine/checksum";

/** What a `.terraform.lock.hcl` says about Sterna's provider. */
export interface LockedProvider {
  readonly version: string;
  readonly hashes: readonly string[];
}

export function readLock(lockFile: string): LockedProvider | undefined {
  const block = /provider "[^"]*\/sterna\/sterna" \{([\s\S]*?)\n\}/.exec(lockFile)?.[1];
  const version = block && /^\s*version\s*=\s*"([^"]+)"/m.exec(block)?.[1];
  if (!block || !version) return undefined;
  return { version, hashes: [...block.matchAll(/"((?:h1|zh):[^"]+)"/g)].map((match) => match[1]!) };
}

/**
 * The `h1:` hash of a provider's zip: names and contents, whatever the zip looks like (golang.org/x/mod/sumdb/dirhash,
 * Hash1).
 */
export function hashOfZip(zip: Uint8Array): string {
  const files = Object.entries(unzipSync(zip)).sort(([a], [b]) => (a < b ? -1 : 1));
  const list = files.map(([name, content]) => `${sha256(content)}  ${name}\n`).join("");
  return `h1:${createHash("sha256").update(list).digest("base64")}`;
}
