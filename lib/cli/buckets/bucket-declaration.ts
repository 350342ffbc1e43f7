import { SternaError } from "../../core/sterna-error";
import { lifecycleRuleSource } from "./lifecycle-source";
import type { ExistingBucket } from "./read-bucket";
import { Expression, sourceText } from "./source-text";

/** A declaration that takes over a bucket as it is. */
export interface BucketDeclaration {
  /** A TypeScript module. */
  readonly source: string;

  /** Name of the function that it exports. */
  readonly functionName: string;

  /** What the next apply adds to the bucket, in words. */
  readonly additions: readonly string[];

  /** What stays as it is and is not declared. */
  readonly leftAlone: readonly string[];
}

/**
 * Writes the declaration of a bucket that exists, such that an apply changes none of its rules.
 *
 * @throws SternaError `BucketNotExpressible`
 */
export function declareBucket(bucket: ExistingBucket): BucketDeclaration {
  const functionName = bucket.name.replace(/[^a-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
  const identifier = /^[a-z]/.test(functionName) ? functionName : `bucket${functionName}`;
  const body = sourceText(propsOf(bucket), 1);
  const names = ["AwsTieredBucket", "Duration", "Size", "Tier"].filter(
    (name) => name === "AwsTieredBucket" || body.includes(`${name}.`),
  );
  const source =
    `import type { Construct } from "constructs";\n` +
    `import { ${names.join(", ")} } from "sterna";\n\n` +
    `/** s3://${bucket.name}, which was there before. Once it is applied, \`adopt\` can go. */\n` +
    `export function ${identifier}(scope: Construct): AwsTieredBucket {\n` +
    `  return new AwsTieredBucket(scope, ${JSON.stringify(bucket.name)}, ${body});\n}\n`;
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
    adopt: presentChildren(bucket),
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
  // The construct writes these itself.
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
