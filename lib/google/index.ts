/** Constructs for Google Cloud. They need `@cdktf/provider-google`. */

export { GoogleBlueGreenService } from "./blue-green/blue-green-service";
export type {
  CloudRunIngress,
  GoogleBlueGreenServiceProps,
  GoogleBlueGreenServiceTransform,
  SecretVersion,
} from "./blue-green/blue-green-service-props";
export { GoogleTransferJob, type GoogleTransferJobProps } from "./storage/transfer-job";
export { GoogleTieredBucket } from "./storage/tiered-bucket";
export type {
  Autoclass,
  GoogleTieredBucketProps,
  GoogleTieredBucketTransform,
  RetentionPolicy,
  TopicNotification,
} from "./storage/tiered-bucket-props";
export { GoogleBackupTimer } from "./backup/backup-timer";
export type { GoogleBackupTimerProps } from "./backup/backup-timer";
export type { GoogleRotatorFunction } from "./secrets/rotator-function";
export { GoogleRotatingSecret } from "./secrets/rotating-secret";
export type {
  GoogleRotatingSecretProps,
  GoogleRotatingSecretTransform,
  GoogleRotatorNetwork,
  GoogleSecretReplica,
} from "./secrets/rotating-secret-props";
