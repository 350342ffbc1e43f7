import { z } from "zod";
import { isSecretKey, NOT_ROTATED_YET } from "../../core/server-login";
import { canonicalJson } from "../../manifest/checksum";
import { parseJson, someOf } from "../../core/text";
import { EngineError } from "../engine-error";
import { readAwsSecret } from "./aws-secrets-manager";
import { readGoogleSecret } from "./google-secret-manager";
import { maskEverywhere } from "./redactor";
import { describeSecret, type NamedSecret } from "./stored-secret";

/** Fetches secrets, each version once: keys of the same secret belong together, also while it rotates. */
export class SecretFetcher {
  private readonly texts = new Map<string, Promise<string>>();

  /**
   * @param environment where credentials, regions and endpoints are looked up
   * @param signal ends the waiting
   */
  constructor(
    readonly environment: NodeJS.ProcessEnv = process.env,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * The value of a secret. From now on this process masks it in all that it says.
   *
   * @throws EngineError `SecretMissing`, `SecretAccessDenied`, `SecretStoreUnreachable`, `SecretIsBinary`, `SecretNotJson`,
   * `SecretKeyMissing`
   */
  async fetch(secret: NamedSecret): Promise<string> {
    const { key, ...version } = secret;
    const text = await this.textOf(version as NamedSecret);
    const value = key === undefined ? text : selectKey(text, key, describeSecret(version as NamedSecret));
    if (isSecretKey(key)) maskEverywhere(value);
    // Who is given such a value says so with the value in the message, and differently spelled.
    if (value.includes("\0")) {
      throw new EngineError(
        "SecretIsBinary",
        `${describeSecret(secret)} holds a zero byte, which neither a variable nor a connection can take; store a text, such as the bytes in base64`,
      );
    }
    return value;
  }

  private textOf(version: NamedSecret): Promise<string> {
    const address = canonicalJson(version);
    const known = this.texts.get(address) ?? this.read(version);
    this.texts.set(address, known);
    return known;
  }

  private async read(version: NamedSecret): Promise<string> {
    const text =
      version.store === "aws"
        ? await readAwsSecret(version, this.environment, this.signal)
        : await readGoogleSecret(version, this.environment, this.signal);
    if (text !== NOT_ROTATED_YET && text !== "") return text;
    throw new EngineError(
      "SecretMissing",
      text === ""
        ? `${describeSecret(version)} is empty; give it a value`
        : `${describeSecret(version)} has no value yet: its first rotation has not ended. Look at the log of the rotation function, and try again`,
    );
  }
}

const object = z.record(z.string(), z.unknown());
/** What a variable or a connection can take. */
const value = z.union([z.string().min(1), z.number(), z.boolean()]);

/**
 * One value of a secret that holds a JSON object.
 *
 * @param what names the secret
 * @throws EngineError `SecretNotJson`, `SecretKeyMissing`: with the names of keys, never with a value
 */
function selectKey(text: string, key: string, what: string): string {
  const values = object.safeParse(parseJson(text)).data;
  if (values === undefined) {
    throw new EngineError(
      "SecretNotJson",
      `${what} holds no JSON object, so it has no key "${key}"; leave the key out for the whole value, or store an object`,
    );
  }
  const found = value.safeParse(Object.hasOwn(values, key) ? values[key] : undefined);
  if (found.success) return String(found.data);
  const keys = Object.keys(values);
  throw new EngineError(
    "SecretKeyMissing",
    keys.includes(key)
      ? `${what} holds no text under the key "${key}", or an empty one`
      : `${what} has no key "${key}"; it has ${keys.length === 0 ? "none" : someOf(keys)}`,
  );
}
