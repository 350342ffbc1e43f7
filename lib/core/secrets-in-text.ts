/** A value of AWS Secrets Manager that a text refers to. */
export interface DynamicReference {
  /** Name or ARN of the secret. */
  readonly id: string;
  readonly key?: string | undefined;
  readonly versionStage?: string | undefined;
}

const BEGINNING = "{{resolve:secretsmanager:";
/** An ARN has colons itself. */
const FORM =
  /^\{\{resolve:secretsmanager:(?<id>arn:[^:{}]+:secretsmanager:[^:{}]*:[^:{}]*:secret:[^:{}]+|[^:{}]+)(:SecretString(:(?<key>[^:{}]*)(:(?<versionStage>[^:{}]*):?)?)?)?\}\}$/;

/** Whether a text contains a CloudFormation dynamic reference among other characters. */
export function holdsDynamicReference(text: string): boolean {
  return text.includes(BEGINNING);
}

/** Whether a text is meant to be a reference. */
export function isDynamicReference(text: string): boolean {
  return text.startsWith(BEGINNING);
}

/**
 * Parses a CloudFormation dynamic reference; undefined for any other text.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
 */
export function parseDynamicReference(text: string): DynamicReference | undefined {
  const { id, key, versionStage } = FORM.exec(text)?.groups ?? {};
  if (id === undefined) return undefined;
  return { id, ...(key && { key }), ...(versionStage && { versionStage }) };
}

/** Formats a CloudFormation dynamic reference. */
export function formatDynamicReference({ id, key = "", versionStage = "" }: DynamicReference): string {
  const rest = versionStage === "" ? (key === "" ? "" : `:${key}`) : `:${key}:${versionStage}`;
  return `${BEGINNING}${id}:SecretString${rest}}}`;
}

/** Whether a reference can contain this key or stage. */
export function isDynamicReferencePart(text: string): boolean {
  return /^[^:{}]+$/.test(text);
}

const URL_WITH_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^\s:@/'"]*:(?<password>[^\s@/'"]+)@/gi;

/** `$PASSWORD` and `${PASSWORD}` in a script, which are expanded when it runs. */
const REFERENCE = /^\$(\w+|\{\w+\})$/;

/** Whether the text contains a URL with a password, such as `postgresql://user:secret@host/`. */
export function holdsPassword(text: string): boolean {
  return [...text.matchAll(URL_WITH_PASSWORD)].some((url) => !REFERENCE.test(url.groups!.password!));
}

/** Words in the names of variables that contain secrets. */
const SECRET_NAME =
  /(^|_)(PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|SECRET|SECRETS|TOKEN|CREDENTIAL|CREDENTIALS|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|SIGNING_KEY|ENCRYPTION_KEY|SALT)(_|$)/;

/** Names that clients such as libpq write without an underscore: `PGPASSWORD`, `MYSQL_PWD`, `REDISCLI_AUTH`. */
const CLIENT_NAME = /^(REDISCLI_AUTH|\w+PASSWORD)$/;

/** Suffixes of names of variables that locate or describe a secret. */
const NAME_OF_REFERENCE =
  /_(ARN|NAME|ID|FILE|PATH|DIR|URI|URL|ENDPOINT|HOST|REGION|VERSION|TTL|EXPIRY|EXPIRES|EXPIRATION|LIFETIME|AGE|LENGTH|ENABLED|REF|TYPE|ALGORITHM|HEADER|PREFIX|PROVIDER|STORE|ISSUER|AUDIENCE)$/;

/** Values that are secrets under any name (AWS IAM, "Unique identifiers"; RFC 7468; GitHub, Slack, Google: token formats). */
const SECRET_VALUE =
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-[A-Za-z0-9-]{10}|\bAIza[\w-]{35}/;

/** Whether a variable of this name holds a secret by custom: `DB_PASSWORD`, `apiKey`; not `DB_PASSWORD_FILE`. */
export function isSecretName(name: string): boolean {
  const upper = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[.-]/g, "_")
    .toUpperCase();
  return (SECRET_NAME.test(upper) || CLIENT_NAME.test(upper)) && !NAME_OF_REFERENCE.test(upper);
}

/** Whether the text contains a secret in a known format: an AWS access key, a private key, a GitHub token. */
export function holdsKnownSecret(text: string): boolean {
  return SECRET_VALUE.test(text);
}

/** Whether a value cannot be a secret: nothing, a switch, a small number, an ARN, or a reference to a variable. */
export function isHarmless(value: string): boolean {
  return /^(|true|false|\d{1,5}|arn:.*)$/i.test(value) || REFERENCE.test(value) || isDynamicReference(value);
}
