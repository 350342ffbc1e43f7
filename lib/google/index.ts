/** Constructs for Google Cloud. They need `@cdktf/provider-google`. */

import "../core/creation-traces";
export { BlueGreenService } from "./blue-green/blue-green-service";
export type {
  CloudRunIngress,
  BlueGreenServiceProps,
  BlueGreenServiceTransform,
  SecretVersion,
} from "./blue-green/blue-green-service-props";
export { TransferJob, type TransferJobProps, type TransferJobTransform } from "./storage/transfer-job";
export { TieredBucket } from "./storage/tiered-bucket";
export type {
  Autoclass,
  TieredBucketProps,
  TieredBucketTransform,
  RetentionPolicy,
  TopicNotification,
} from "./storage/tiered-bucket-props";
export { BackupTimer } from "./backup/backup-timer";
export type { BackupTimerProps, BackupTimerTransform } from "./backup/backup-timer";
export type { RotatorFunction } from "./secrets/rotator-function";
export { RotatingSecret } from "./secrets/rotating-secret";
export type {
  RotatingSecretProps,
  RotatingSecretTransform,
  RotatorNetwork,
  SecretReplica,
} from "./secrets/rotating-secret-props";
