/** Constructs for AWS. They need `@cdktf/provider-aws`. */

import "../core/creation-traces";
export { BlueGreenService } from "./blue-green/blue-green-service";
export type {
  BlueGreenServiceProps,
  BlueGreenServiceTransform,
  ColorTransform,
} from "./blue-green/blue-green-service-props";
export type { ColorService } from "./blue-green/color-service";
export type { ColorTraffic } from "./blue-green/color-traffic";
export { LoadBalancerRouter, type LoadBalancerRouterProps } from "./blue-green/load-balancer-router";
export { type DnsTarget, Route53Router, type Route53RouterProps } from "./blue-green/route53-router";
export { DataSyncTask, type DataSyncTaskProps, type DataSyncTaskTransform } from "./storage/data-sync-task";
export { TieredBucket } from "./storage/tiered-bucket";
export type {
  AdoptableChild,
  TieredBucketProps,
  TieredBucketTransform,
  BucketAdoption,
} from "./storage/tiered-bucket-props";
export type { BucketNotification, S3Event } from "./storage/notification";
export type { IntelligentTieringArchive } from "./storage/intelligent-tiering";
export type { Inventory } from "./storage/inventory";
export type { ObjectLock } from "./storage/object-lock";
export type { ReplicationRule } from "./storage/replication";
export type { PolicyStatement } from "./storage/policy-statements";
export { AlarmTopic, type AlarmTopicProps, type AlarmTopicTransform } from "./backup/alarm-topic";
export { BackupTimer } from "./backup/backup-timer";
export type { BackupCopy, BackupTimerProps, BackupTimerTransform, VaultLock } from "./backup/backup-timer-props";
export { DumpTarget, type EcsTaskOptions } from "./backup/dump-target";
export { DumpTimer } from "./backup/dump-timer";
export type { DumpTimerProps, DumpTimerTransform } from "./backup/dump-timer";
export { SystemsManagerPlacement, type SystemsManagerPlacementTransform } from "./backup/systems-manager-placement";
export { RestoreDrill } from "./backup/restore-drill";
export type {
  RestorableType,
  RestoreDrillProps,
  RestoreDrillTransform,
  RestoredResources,
} from "./backup/restore-drill";
export type { RotatorFunction } from "./secrets/rotator-function";
export { RotatingSecret } from "./secrets/rotating-secret";
export type {
  RotatingSecretProps,
  RotatingSecretTransform,
  RotatorNetwork,
  SecretReplica,
} from "./secrets/rotating-secret-props";
