import type { StorageBucketConfig } from "@cdktf/provider-google/lib/storage-bucket";
import { Duration } from "../core/duration";
import type { GoogleTieredBucketProps } from "./google-tiered-bucket-props";

/** What `google_storage_bucket` takes, but for the lifecycle. */
export function googleBucketConfig(props: GoogleTieredBucketProps): StorageBucketConfig {
  const { autoclass, retention, accessLogs, kmsKeyName, corsRules = [], softDelete = Duration.days(7) } = props;
  return {
    name: props.bucketName,
    location: props.location,
    project: props.project,
    labels: props.labels,
    // The class of new objects; colder ones are the work of the lifecycle.
    storageClass: "STANDARD",
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    forceDestroy: props.forceDestroy ?? false,
    versioning: { enabled: props.versioned ?? true },
    softDeletePolicy: { retentionDurationSeconds: softDelete.toSeconds() },
    ...(autoclass && { autoclass: { enabled: true, terminalStorageClass: autoclass.coldest } }),
    ...(retention && {
      retentionPolicy: {
        retentionPeriod: retention.retainFor.toSeconds(),
        isLocked: retention.irreversible !== undefined,
      },
    }),
    ...(kmsKeyName !== undefined && { encryption: { defaultKmsKeyName: kmsKeyName } }),
    ...(accessLogs && { logging: { logBucket: accessLogs.bucketName, logObjectPrefix: accessLogs.prefix } }),
    ...(props.turboReplication && { rpo: "ASYNC_TURBO" }),
    cors: corsRules.length === 0 ? undefined : corsRules.map(corsBlock),
    lifecycle: { preventDestroy: props.allowDestroy === undefined },
  };
}

function corsBlock(rule: NonNullable<GoogleTieredBucketProps["corsRules"]>[number]) {
  return {
    origin: [...rule.allowedOrigins],
    method: [...rule.allowedMethods],
    responseHeader: rule.exposedHeaders && [...rule.exposedHeaders],
    maxAgeSeconds: (rule.maxAge ?? Duration.hours(1)).toSeconds(),
  };
}
