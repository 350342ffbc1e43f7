import type { LifecycleRule as S3LifecycleRule, TransitionStorageClass } from "@aws-sdk/client-s3";
import { SternaError } from "../../core/errors";
import { Tier } from "../../storage/tier";
import type { ExistingBucket } from "./read-bucket";

/** A declaration that adopts a bucket as it is. */
export interface BucketDeclaration {
  /** A TypeScript module. */
  readonly source: string;

  /** Name of the exported function. */
  readonly functionName: string;

  /** What the next apply adds to the bucket, described in words. */
  readonly additions: readonly string[];

  /** What is not declared and stays as it is. */
  readonly leftAlone: readonly string[];
}

/**
 * Writes the declaration of an existing bucket, so that an apply changes none of its rules.
 *
 * @throws SternaError `BucketNotExpressible`
 */
export function declareBucket(bucket: ExistingBucket): BucketDeclaration {
  const functionName = bucket.name.replace(/[^a-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
  const identifier = /^[a-z]/.test(functionName) ? functionName : `bucket${functionName}`;
  const body = sourceText(propsOf(bucket), 1);
  const names = ["Duration", "Size", "Tier"].filter((name) => body.includes(`${name}.`));
  const source =
    `import type { Construct } from "constructs";\n` +
    (names.length > 0 ? `import { ${names.join(", ")} } from "sterna";\n` : "") +
    `import { TieredBucket } from "sterna/aws";\n\n` +
    `/** s3://${bucket.name}, which was there before. Once it is applied, \`adopt\` can go. */\n` +
    `export function ${identifier}(scope: Construct): TieredBucket {\n` +
    `  return new TieredBucket(scope, ${JSON.stringify(bucket.name)}, ${body});\n}\n`;
  return { source, functionName: identifier, additions: additionsTo(bucket), leftAlone: bucket.leftAlone };
}

function propsOf(bucket: ExistingBucket): Record<string, unknown> {
  const rules = bucket.lifecycleRules.map((rule) => lifecycleRuleSource(rule, bucket.name));
  const statements = statementsOf(bucket);
  const cors = bucket.corsRules.map((rule) => ({
    allowedOrigins: rule.AllowedOrigins,
    allowedMethods: rule.AllowedMethods,
    allowedHeaders: rule.AllowedHeaders,
    exposedHeaders: rule.ExposeHeaders,
    maxAge: new Expression(`Duration.seconds(${rule.MaxAgeSeconds ?? 0})`),
  }));
  const minimumSize = bucket.transitionDefaultMinimumObjectSize;
  return {
    bucketName: bucket.name,
    versioned: bucket.versioning === "Enabled" ? undefined : false,
    kmsKeyArn: kmsKeyOf(bucket),
    lifecycleRules: rules.length > 0 ? rules : undefined,
    abortIncompleteUploadsAfter: "never",
    transitionDefaultMinimumObjectSize: minimumSize === "all_storage_classes_128K" ? undefined : minimumSize,
    policyStatements: statements.length > 0 ? statements : undefined,
    corsRules: cors.length > 0 ? cors : undefined,
    tags: bucket.tags.length > 0 ? Object.fromEntries(bucket.tags.map(({ Key, Value }) => [Key, Value])) : undefined,
    adopt: { children: presentChildren(bucket) },
  };
}

function presentChildren(bucket: ExistingBucket): string[] {
  const children: ReadonlyArray<readonly [string, unknown]> = [
    ["Resource", true],
    ["Versioning", bucket.versioning],
    ["Encryption", bucket.encryption.length],
    ["PublicAccessBlock", bucket.publicAccessBlock],
    ["Policy", bucket.policy],
    ["Ownership", bucket.ownership],
    ["Lifecycle", bucket.lifecycleRules.length],
    ["Cors", bucket.corsRules.length],
  ];
  return children.filter(([, isThere]) => isThere).map(([child]) => child);
}

function statementsOf({ policy }: ExistingBucket): unknown[] {
  if (policy === undefined) return [];
  const { Statement } = JSON.parse(policy) as { Statement?: unknown };
  const statements = Array.isArray(Statement) ? (Statement as unknown[]) : [Statement];
  // The construct adds these itself.
  const own = new Set(["DenyInsecureTransport", "DenyOutdatedTls"]);
  return statements.filter((statement) => !own.has((statement as { Sid?: string }).Sid ?? ""));
}

function kmsKeyOf({ name, encryption }: ExistingBucket): string | undefined {
  const rule = encryption[0]?.ApplyServerSideEncryptionByDefault;
  if (rule === undefined || rule.SSEAlgorithm === "AES256") return undefined;
  if (rule.SSEAlgorithm === "aws:kms" && rule.KMSMasterKeyID?.startsWith("arn:")) return rule.KMSMasterKeyID;
  throw new SternaError(
    "BucketNotExpressible",
    `bucket "${name}" is encrypted by ${rule.SSEAlgorithm} with ${rule.KMSMasterKeyID ?? "a key of AWS"}, which kmsKeyArn cannot say. Use a key with an ARN, or write the declaration by hand with transform.encryption.`,
  );
}

function additionsTo(bucket: ExistingBucket): string[] {
  const access = bucket.publicAccessBlock;
  const additions: ReadonlyArray<readonly [boolean, string]> = [
    [!bucket.policy?.includes("DenyInsecureTransport"), "bucket policy: requests without TLS 1.2 are refused"],
    [
      !access?.BlockPublicAcls ||
        !access.BlockPublicPolicy ||
        !access.IgnorePublicAcls ||
        !access.RestrictPublicBuckets,
      "public access block: all four",
    ],
    [
      bucket.ownership?.Rules?.[0]?.ObjectOwnership !== "BucketOwnerEnforced",
      "ownership: access control lists are switched off",
    ],
  ];
  return additions.filter(([missing]) => missing).map(([, addition]) => addition);
}

const days = (amount: number) => new Expression(`Duration.days(${amount})`);
const bytes = (amount: number | undefined) =>
  amount === undefined ? undefined : new Expression(`Size.bytes(${amount})`);

/**
 * An entry of `lifecycleRules` that is equivalent to an S3 rule.
 *
 * @throws SternaError `BucketNotExpressible` if there is none
 */
function lifecycleRuleSource(rule: S3LifecycleRule, bucket: string): Record<string, unknown> {
  const id = rule.ID ?? "";
  const refuse = (what: string): never => {
    throw new SternaError(
      "BucketNotExpressible",
      `bucket "${bucket}": lifecycle rule "${id}" ${what}, which lifecycleRules cannot say. Change the rule, or write the declaration by hand with transform.lifecycle.`,
    );
  };
  const { Expiration: expiration, Filter: filter = {}, NoncurrentVersionExpiration: noncurrent } = rule;
  if (expiration?.Date || rule.Transitions?.some(({ Date }) => Date)) refuse("acts on a date");
  const tags = [...(filter.Tag ? [filter.Tag] : []), ...(filter.And?.Tags ?? [])];
  const transitions = rule.Transitions?.map(({ Days, StorageClass }) => ({
    tier: tierOf(StorageClass, refuse),
    after: days(Days ?? 0),
  }));
  const noncurrentTransitions = rule.NoncurrentVersionTransitions?.map((transition) => {
    if (transition.NewerNoncurrentVersions !== undefined) refuse("keeps some old versions from moving");
    return { tier: tierOf(transition.StorageClass, refuse), after: days(transition.NoncurrentDays ?? 0) };
  });
  const archives = rule.Transitions?.some(
    ({ StorageClass }) => StorageClass === "GLACIER" || StorageClass === "DEEP_ARCHIVE",
  );
  return {
    id,
    enabled: rule.Status === "Disabled" ? false : undefined,
    prefix: (filter.Prefix ?? filter.And?.Prefix ?? rule.Prefix) || undefined,
    objectTags: tags.length > 0 ? Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) : undefined,
    objectSizeGreaterThan: bytes(filter.ObjectSizeGreaterThan ?? filter.And?.ObjectSizeGreaterThan),
    objectSizeLessThan: bytes(filter.ObjectSizeLessThan ?? filter.And?.ObjectSizeLessThan),
    transitions,
    expireAfter: expiration?.Days === undefined ? undefined : days(expiration.Days),
    removeExpiredDeleteMarkers: expiration?.ExpiredObjectDeleteMarker || undefined,
    noncurrentTransitions,
    expireNoncurrentVersionsAfter:
      noncurrent?.NoncurrentDays === undefined ? undefined : days(noncurrent.NoncurrentDays),
    keepNoncurrentVersions: noncurrent?.NewerNoncurrentVersions,
    abortIncompleteUploadsAfter:
      rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation === undefined
        ? undefined
        : days(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation),
    acknowledge: archives ? { RetrievalDelayNotAccepted: "it was so when the bucket was adopted" } : undefined,
  };
}

function tierOf(storageClass: TransitionStorageClass | undefined, refuse: (what: string) => never): Expression {
  const tier = Tier.all.find(({ s3 }) => s3.id === storageClass);
  return tier === undefined ? refuse(`moves objects to ${storageClass}`) : new Expression(tier.toString());
}

/** A TypeScript expression, written as is. */
class Expression {
  constructor(readonly text: string) {}
}

const INDENT = "  ";

/** The source text of a value: strings are quoted, expressions kept, and undefined values omitted. */
function sourceText(value: unknown, depth = 0): string {
  if (value instanceof Expression) return value.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = INDENT.repeat(depth + 1);
  const lines = Array.isArray(value)
    ? value.map((item) => sourceText(item, depth + 1))
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => `${propertyName(key)}: ${sourceText(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.map((line) => `${inner}${line},\n`).join("")}${INDENT.repeat(depth)}${close}`;
}

function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}
