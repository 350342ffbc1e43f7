/** The public surface of Sterna. The engine runs inside Terraform, and the command line is the binary `sterna`. */

export { type ReadScheduleOptions, readSchedule, type ScheduleLanguage } from "./schedule/schedule";
export {
  type MonthlyOptions,
  Schedule,
  type ScheduleOptions,
  type TimeOfDayOptions,
  type WeeklyOptions,
} from "./schedule/schedule";
export { SCHEDULE_TARGETS, type ScheduleForm, type ScheduleTarget } from "./schedule/targets";
export type { ClockChange } from "./schedule/clock";
export { Duration, type DurationConversionOptions } from "./core/duration";
export { BlueGreenService } from "./aws/blue-green/blue-green-service";
export type { BlueGreenServiceProps, BlueGreenServiceTransform } from "./aws/blue-green/blue-green-service-props";
export { BlueGreenStacks } from "./blue-green/blue-green-stacks";
export type { BlueGreenStacksProps, ColorOptions, ColorStackFactory } from "./blue-green/blue-green-stacks";
export { type DeployOrder, type DeployStage, deployText } from "./blue-green/blue-green-stacks";
export { GoogleBlueGreenService } from "./google/blue-green/blue-green-service";
export type {
  CloudRunIngress,
  GoogleBlueGreenServiceProps,
  GoogleBlueGreenServiceTransform,
  SecretVersion,
} from "./google/blue-green/blue-green-service-props";
export { LoadBalancerRouter, type LoadBalancerRouterProps } from "./aws/blue-green/load-balancer-router";
export { type DnsTarget, Route53Router, type Route53RouterProps } from "./aws/blue-green/route53-router";
export type { Destination, Router } from "./blue-green/blue-green-stacks";
export { ERROR_CODES, type ErrorCode } from "./core/error-codes";
export { type AwsSecretAddress, type AwsSecretOptions, AwsSecretReference } from "./core/references";
export { type GoogleSecretAddress, type GoogleSecretOptions, GoogleSecretReference } from "./core/references";
export { type EnvironmentVariableReference, variable, type VariableReference } from "./core/references";
export { SecretReference } from "./core/references";
export { Size, type SizeConversionOptions } from "./core/size";
export { SternaError } from "./core/errors";
export type { Transform } from "./core/refactoring";
export { ValidationError } from "./core/errors";

export { Backend, type GcsBackendOptions, type S3BackendOptions } from "./environments/backend";
export { DataSternaLedger, type DataSternaLedgerConfig } from "./environments/sterna-provider";
export { Environment, type EnvironmentProps } from "./environments/environment";
export { EnvironmentChain } from "./environments/environment";
export {
  type FileLedgerOptions,
  type GcsLedgerOptions,
  Ledger,
  type PostgresLedgerOptions,
  type S3LedgerOptions,
} from "./environments/ledger";
export { Pins, type PinsOptions } from "./environments/pins";
export { PROVIDER_PLATFORMS, type ProviderPlatform } from "./environments/provider-delivery";
export { SternaProvider, type SternaProviderConfig } from "./environments/sterna-provider";
export { SystemStack, type SystemStackProps } from "./environments/system-stack";

export { CompatibilityMatrix, type CompatibilityMatrixOptions } from "./releases/compatibility-matrix";
export type { CompatibilityRow, Downtime, RollbackSupport } from "./releases/compatibility-matrix";
export { Release, type ReleaseProps } from "./releases/release";
export { type Color, COLORS, Rollout, ROLLOUT_PHASES, type RolloutPhase, type RolloutState } from "./manifest/rollout";

export { Checklist } from "./gates/checklists";
export { type EvidenceGateOptions, Gate, type GateOptions } from "./gates/gate";
export { Gates, type GatesProps } from "./gates/gates";
export { MaintenanceWindow, type MaintenanceWindowProps } from "./gates/gates";
export { DiskSpaceCheck, type DiskSpaceCheckProps } from "./gates/preconditions";
export { MinimumVersionCheck, type MinimumVersionCheckProps } from "./gates/preconditions";
export { RecentFileCheck, type RecentFileCheckProps } from "./gates/preconditions";
export { type RenderedResource, RenderedStack } from "./gates/rendered-stack";
export type { Finding, StackCheck } from "./gates/rendered-stack";
export type { Waiver } from "./gates/gates";

export { Migration, type MigrationProps, type Section } from "./migrations/migration";
export {
  type OnDestroy,
  type OnRetry,
  type OnStop,
  Step,
  type StepPhase,
  type StepProps,
} from "./migrations/migration";
export type { StepProgram } from "./migrations/step-program";
export { SternaStep, type SternaStepConfig } from "./migrations/sterna-step";

export { ArchiveStep, type ArchiveStepProps } from "./steps/archive/step";
export { BucketTransfer } from "./steps/transfer/step";
export type {
  BucketTransferProps,
  CutoverAction as CutoverAction,
  CutoverProps as CutoverProps,
} from "./steps/transfer/step";
export { COMMAND_LINTS, type CommandLint } from "./steps/command/command-lint";
export { CommandStep, type CommandStepProps } from "./steps/command/step";
export { DocumentsStep, type DocumentsStepProps } from "./steps/documents/step";
export { EnvFileStep, type EnvFileStepProps } from "./steps/env-file/step";
export { HttpStep, type HttpStepProps } from "./steps/http/step";
export { type GcsPlaceOptions, ObjectPlace, type S3PlaceOptions } from "./steps/transfer/object-place";
export { Script } from "./steps/script";
export { SQL_LINTS, type SqlLint } from "./steps/sql/sql-safety";
export { SqlStep, type SqlStepProps } from "./steps/sql/step";
export type { Verification } from "./steps/verification";

export { DataSyncTask, type DataSyncTaskProps } from "./aws/storage/data-sync-task";
export { GoogleTransferJob, type GoogleTransferJobProps } from "./google/storage/transfer-job";
export type { AccessLogs } from "./storage/bucket-options";
export { AwsTieredBucket } from "./aws/storage/tiered-bucket";
export type { AdoptableChild, AwsTieredBucketProps, AwsTieredBucketTransform } from "./aws/storage/tiered-bucket-props";
export type { BucketNotification, S3Event } from "./aws/storage/notification";
export type { CorsMethod, CorsRule } from "./storage/bucket-options";
export { GoogleTieredBucket } from "./google/storage/tiered-bucket";
export type {
  Autoclass,
  GoogleTieredBucketProps,
  GoogleTieredBucketTransform,
  RetentionPolicy,
  TopicNotification,
} from "./google/storage/tiered-bucket-props";
export type { IntelligentTieringArchive } from "./aws/storage/intelligent-tiering";
export type { Inventory } from "./aws/storage/inventory";
export type { LifecycleRule, TierTransition } from "./storage/lifecycle-rule";
export type { ObjectLock } from "./aws/storage/object-lock";
export type { ReplicationRule } from "./aws/storage/replication";
export type { PolicyStatement } from "./aws/storage/policy-statements";
export { Tier } from "./storage/tier";

export { BackupTimer } from "./aws/backup/backup-timer";
export type { BackupCopy, BackupTimerProps, BackupTimerTransform, VaultLock } from "./aws/backup/backup-timer-props";
export { DumpTarget, type EcsTaskOptions } from "./aws/backup/dump-target";
export { DumpTimer } from "./aws/backup/dump-timer";
export type { DumpTimerProps } from "./aws/backup/dump-timer";
export { GoogleBackupTimer } from "./google/backup/backup-timer";
export type { GoogleBackupTimerProps } from "./google/backup/backup-timer";
export type { HostFile } from "./backup/host-files";
export { HostBackupTimer } from "./aws/backup/host-backup-timer";
export type { HostBackupTimerProps } from "./backup/host-backup-timer-props";
export { RestoreDrill } from "./aws/backup/restore-drill";
export type {
  RestorableType,
  RestoreDrillProps,
  RestoreDrillTransform,
  RestoredResources,
} from "./aws/backup/restore-drill";

export { GoogleRotatingSecret } from "./google/secrets/rotating-secret";
export type {
  GoogleRotatingSecretProps,
  GoogleRotatingSecretTransform,
  GoogleRotatorNetwork,
  GoogleSecretReplica,
} from "./google/secrets/rotating-secret-props";
export { RotatingSecret } from "./aws/secrets/rotating-secret";
export type {
  RotatingSecretProps,
  RotatingSecretTransform,
  RotatorNetwork,
  SecretReplica,
} from "./aws/secrets/rotating-secret-props";
export {
  type PostgresAlternatingUsersOptions,
  type PostgresSingleUserOptions,
  type PostgresUserOptions,
  type RandomValueOptions,
  type RedisAclOptions,
  type RotatedServerOptions,
  RotationStrategy,
} from "./secrets/rotation-strategy";
