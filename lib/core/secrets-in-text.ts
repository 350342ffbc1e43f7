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

/** Whether a reference stands in a text, as CloudFormation would take it, among other characters. */
export function holdsDynamicReference(text: string): boolean {
  return text.includes(BEGINNING);
}

/** Whether a text is meant to be a reference. */
export function isDynamicReference(text: string): boolean {
  return text.startsWith(BEGINNING);
}

/**
 * Reads a reference as CloudFormation writes it; nothing for another text.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
 */
export function parseDynamicReference(text: string): DynamicReference | undefined {
  const { id, key, versionStage } = FORM.exec(text)?.groups ?? {};
  if (id === undefined) return undefined;
  return { id, ...(key && { key }), ...(versionStage && { versionStage }) };
}

/** Writes a reference as CloudFormation reads it. */
export function formatDynamicReference({ id, key = "", versionStage = "" }: DynamicReference): string {
  const rest = versionStage === "" ? (key === "" ? "" : `:${key}`) : `:${key}:${versionStage}`;
  return `${BEGINNING}${id}:SecretString${rest}}}`;
}

/** Whether a key or a stage can stand in a reference. */
export function isDynamicReferencePart(text: string): boolean {
  return /^[^:{}]+$/.test(text);
}

const URL_WITH_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^\s:@/'"]*:(?<password>[^\s@/'"]+)@/gi;

/** `$PASSWORD` and `${PASSWORD}` in a script: looked up when it runs, so nothing is written down. */
const REFERENCE = /^\$(\w+|\{\w+\})$/;

/** Whether a URL with a password in it, such as `postgresql://user:secret@host/`, stands anywhere in the text. */
export function holdsPassword(text: string): boolean {
  return [...text.matchAll(URL_WITH_PASSWORD)].some((url) => !REFERENCE.test(url.groups!.password!));
}

/** Words in the name of a variable that holds a secret. */
const SECRET_NAME =
  /(^|_)(PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|SECRET|SECRETS|TOKEN|CREDENTIAL|CREDENTIALS|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|SIGNING_KEY|ENCRYPTION_KEY|SALT)(_|$)/;

/** Words that libpq and other clients write together with their own name: `PGPASSWORD`, `MYSQL_PWD`, `REDISCLI_AUTH`. */
const CLIENT_NAME = /^(REDISCLI_AUTH|\w+PASSWORD)$/;

/** Endings of names that say where a secret is, or something about it. */
const NAME_OF_REFERENCE =
  /_(ARN|NAME|ID|FILE|PATH|DIR|URI|URL|ENDPOINT|HOST|REGION|VERSION|TTL|EXPIRY|EXPIRES|EXPIRATION|LIFETIME|AGE|LENGTH|ENABLED|REF|TYPE|ALGORITHM|HEADER|PREFIX|PROVIDER|STORE|ISSUER|AUDIENCE)$/;

/** Values that are secrets whatever they are called (AWS IAM, "Unique identifiers"; RFC 7468; GitHub, Slack, Google: token formats). */
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

/** Whether a secret of a known format stands in the text: an access key of AWS, a private key, a token of GitHub. */
export function holdsKnownSecret(text: string): boolean {
  return SECRET_VALUE.test(text);
}

/** Whether a value cannot be a secret: nothing, a switch, a small number, an ARN, or a reference to a variable. */
export function isHarmless(value: string): boolean {
  return /^(|true|false|\d{1,5}|arn:.*)$/i.test(value) || REFERENCE.test(value) || isDynamicReference(value);
}
