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
