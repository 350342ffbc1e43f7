import type {
  CORSRule,
  LifecycleRule,
  OwnershipControls,
  PublicAccessBlockConfiguration,
  S3Client,
  ServerSideEncryptionRule,
  Tag,
} from "@aws-sdk/client-s3";
import { SternaError } from "../../core/errors";
import { openS3, type S3Sdk } from "../../engine/objects/s3-client";

/** Settings of an existing bucket. Missing ones are not set. */
export interface ExistingBucket {
  readonly name: string;
  readonly versioning: "Enabled" | "Suspended" | undefined;
  readonly encryption: readonly ServerSideEncryptionRule[];
  readonly lifecycleRules: readonly LifecycleRule[];
  readonly transitionDefaultMinimumObjectSize: string | undefined;
  /** JSON, as returned by S3. */
  readonly policy: string | undefined;
  readonly publicAccessBlock: PublicAccessBlockConfiguration | undefined;
  readonly ownership: OwnershipControls | undefined;
  readonly corsRules: readonly CORSRule[];
  readonly tags: readonly Tag[];
  /** Settings that are not written to a declaration. */
  readonly leftAlone: readonly string[];
}

/** S3 returns one of these if a setting is not set. */
const NOT_SET = new Set([
  "NoSuchLifecycleConfiguration",
  "NoSuchBucketPolicy",
  "NoSuchPublicAccessBlockConfiguration",
  "NoSuchCORSConfiguration",
  "NoSuchTagSet",
  "OwnershipControlsNotFoundError",
  "ObjectLockConfigurationNotFoundError",
  "ReplicationConfigurationNotFoundError",
  "ServerSideEncryptionConfigurationNotFoundError",
]);

/**
 * Reads the settings of a bucket. Changes nothing.
 *
 * @param variables the environment with credentials, region and endpoint
 * @throws SternaError `AdoptedBucketUnreadable`
 */
export async function readBucket(name: string, variables: NodeJS.ProcessEnv): Promise<ExistingBucket> {
  const { sdk, client } = await openS3(undefined, { followRegionRedirects: true }, variables);
  try {
    await client.send(new sdk.HeadBucketCommand({ Bucket: name }));
    return await readSettings(name, sdk, client);
  } catch (error) {
    const { name: reason, message } = error as Error;
    throw new SternaError(
      "AdoptedBucketUnreadable",
      `cannot read bucket "${name}": ${reason}${message && message !== reason ? `: ${message}` : ""}. Check the name, AWS_REGION and the credentials; they need s3:ListBucket and s3:GetBucket*.`,
    );
  } finally {
    client.destroy();
  }
}

async function readSettings(name: string, sdk: S3Sdk, client: S3Client): Promise<ExistingBucket> {
  const Bucket = { Bucket: name };
  const [versioning, encryption, lifecycle, policy, access, ownership, cors, tags, leftAlone] = await Promise.all([
    client.send(new sdk.GetBucketVersioningCommand(Bucket)),
    ifSet(client.send(new sdk.GetBucketEncryptionCommand(Bucket))),
    ifSet(client.send(new sdk.GetBucketLifecycleConfigurationCommand(Bucket))),
    ifSet(client.send(new sdk.GetBucketPolicyCommand(Bucket))),
    ifSet(client.send(new sdk.GetPublicAccessBlockCommand(Bucket))),
    ifSet(client.send(new sdk.GetBucketOwnershipControlsCommand(Bucket))),
    ifSet(client.send(new sdk.GetBucketCorsCommand(Bucket))),
    ifSet(client.send(new sdk.GetBucketTaggingCommand(Bucket))),
    findLeftAlone(name, sdk, client),
  ]);
  return {
    name,
    versioning: versioning.Status,
    encryption: encryption?.ServerSideEncryptionConfiguration?.Rules ?? [],
    lifecycleRules: lifecycle?.Rules ?? [],
    transitionDefaultMinimumObjectSize: lifecycle?.TransitionDefaultMinimumObjectSize,
    policy: policy?.Policy,
    publicAccessBlock: access?.PublicAccessBlockConfiguration,
    ownership: ownership?.OwnershipControls,
    corsRules: cors?.CORSRules ?? [],
    tags: tags?.TagSet ?? [],
    leftAlone,
  };
}

async function findLeftAlone(name: string, sdk: S3Sdk, client: S3Client): Promise<string[]> {
  const Bucket = { Bucket: name };
  const [lock, replication, logging, inventory, tiering, notifications] = await Promise.all([
    ifSet(client.send(new sdk.GetObjectLockConfigurationCommand(Bucket))),
    ifSet(client.send(new sdk.GetBucketReplicationCommand(Bucket))),
    client.send(new sdk.GetBucketLoggingCommand(Bucket)),
    client.send(new sdk.ListBucketInventoryConfigurationsCommand(Bucket)),
    client.send(new sdk.ListBucketIntelligentTieringConfigurationsCommand(Bucket)),
    client.send(new sdk.GetBucketNotificationConfigurationCommand(Bucket)),
  ]);
  const { $metadata, ...targets } = notifications;
  const found: ReadonlyArray<readonly [string, unknown]> = [
    ["objectLock", lock?.ObjectLockConfiguration],
    ["replicationRules", replication?.ReplicationConfiguration],
    ["accessLogs", logging.LoggingEnabled],
    ["inventories", inventory.InventoryConfigurationList?.length],
    ["intelligentTiering", tiering.IntelligentTieringConfigurationList?.length],
    ["notifications", Object.values(targets).some((list) => list !== undefined)],
  ];
  return found.filter(([, isThere]) => isThere).map(([option]) => option);
}

async function ifSet<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (NOT_SET.has((error as Error).name)) return undefined;
    throw error;
  }
}
