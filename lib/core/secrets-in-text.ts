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
