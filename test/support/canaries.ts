import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";

/**
 * Secrets that were made for one test run, so that wherever one is found, it leaked.
 *
 * They are looked for in the bytes of files, whole and in halves, as they are, encoded for a URL, and in base64.
 */
export class Canaries {
  private readonly needles = new Map<string, Buffer[]>();

  /** A new secret, with characters that encodings change. */
  make(name: string): string {
    return this.add(name, `${randomBytes(12).toString("hex")}/+&=${randomBytes(12).toString("hex")}`);
  }

  /** A new secret of several lines, as private keys are. */
  makeLines(name: string): string {
    const lines = Array.from({ length: 3 }, (_, index) => this.add(`${name}, line ${index}`, randomHex()));
    return ["-----BEGIN CANARY-----", ...lines, "-----END CANARY-----", ""].join("\n");
  }

  /** A secret that somebody else made. */
  watch(name: string, secret: string): void {
    this.add(name, secret);
  }

  /** Names of the secrets in a text or in bytes. */
  in(content: string | Uint8Array): string[] {
    const bytes = Buffer.from(content);
    return [...this.needles]
      .filter(([, needles]) => needles.some((needle) => bytes.includes(needle)))
      .map(([name]) => name);
  }

  /**
   * Every secret in the files of a folder, in what zip files hold, and in the names of files.
   *
   * @param except paths, relative to the folder, of what may hold secrets
   * @returns `<file>: <secret>`
   */
  under(directory: string, except: readonly string[] = []): string[] {
    return readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => !except.includes(name))
      .flatMap((name) =>
        [name, ...contents(join(directory, name))].flatMap((content) =>
          this.in(content).map((secret) => `${name}: ${secret}`),
        ),
      );
  }

  private add(name: string, secret: string): string {
    const half = Math.floor(secret.length / 2);
    const parts = [secret, secret.slice(0, half - 2), secret.slice(half + 2)];
    // A secret that rotates has several values.
    this.needles.set(name, [...(this.needles.get(name) ?? []), ...parts.flatMap(spellings)]);
    return secret;
  }
}

function randomHex(): string {
  return randomBytes(24).toString("hex");
}

/** Made without the code under test: of three texts in base64, one begins where the secret began. */
function spellings(text: string): Buffer[] {
  const base64 = ["", "x", "xx"].map((before) => {
    const encoded = Buffer.from(before + text)
      .toString("base64")
      .replace(/=+$/, "");
    return encoded.slice(before.length === 0 ? 0 : 4, -2);
  });
  return [text, encodeURIComponent(text), ...base64].map((spelling) => Buffer.from(spelling));
}

/** The bytes of a file, and of the entries of a zip file: Terraform's plans are such. */
function contents(path: string): Uint8Array[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
  const bytes = readFileSync(path);
  return bytes.subarray(0, 2).toString() === "PK" ? [bytes, ...Object.values(unzipSync(bytes))] : [bytes];
}
