/** The public surface of Sterna. The engine runs inside Terraform, and the command line is the binary `sterna`. */

export { type ReadScheduleOptions, readSchedule, type ScheduleLanguage } from "./core/schedule/parse-schedule";
export {
  type MonthlyOptions,
  Schedule,
  type ScheduleOptions,
  type TimeOfDayOptions,
  type WeeklyOptions,
} from "./core/schedule/schedule";
export { SCHEDULE_TARGETS, type ScheduleForm, type ScheduleTarget } from "./core/schedule/schedule-target";
export type { ClockChange } from "./core/schedule/summer-time";
export { Duration, type DurationConversionOptions } from "./core/duration";
export { BlueGreenService } from "./blue-green/blue-green-service";
export type { BlueGreenServiceProps, BlueGreenServiceTransform } from "./blue-green/blue-green-service-props";
export { BlueGreenStacks } from "./blue-green/blue-green-stacks";
export type { BlueGreenStacksProps, ColourOptions, ColourStackFactory } from "./blue-green/blue-green-stacks-props";
export { type DeployOrder, type DeployStage, deployText } from "./blue-green/deploy-order";
export { GoogleBlueGreenService } from "./blue-green/google-blue-green-service";
export type {
  CloudRunIngress,
  GoogleBlueGreenServiceProps,
  GoogleBlueGreenServiceTransform,
  SecretVersion,
} from "./blue-green/google-blue-green-service-props";
export { LoadBalancerRouter, type LoadBalancerRouterProps } from "./blue-green/load-balancer-router";
export { type DnsTarget, Route53Router, type Route53RouterProps } from "./blue-green/route53-router";
export type { Destination, Router } from "./blue-green/router";
export { ERROR_CODES, type ErrorCode } from "./core/error-codes";
export { type AwsSecretAddress, type AwsSecretOptions, AwsSecretReference } from "./core/aws-secret-reference";
export {
  type GoogleSecretAddress,
  type GoogleSecretOptions,
  GoogleSecretReference,
} from "./core/google-secret-reference";
export { type EnvironmentVariableReference, variable, type VariableReference } from "./core/references";
export { SecretReference } from "./core/secret-reference";
export { Size, type SizeConversionOptions } from "./core/size";
export { SternaError } from "./core/sterna-error";
export type { Transform } from "./core/transform";
export { ValidationError } from "./core/validation-error";

export { Backend, type GcsBackendOptions, type S3BackendOptions } from "./environments/backend";
export { DataSternaLedger, type DataSternaLedgerConfig } from "./environments/data-sterna-ledger";
export { Environment, type EnvironmentProps } from "./environments/environment";
export { EnvironmentChain } from "./environments/environment-chain";
export {
  type FileLedgerOptions,
  type GcsLedgerOptions,
  Ledger,
  type PostgresLedgerOptions,
  type S3LedgerOptions,
} from "./environments/ledger";
export { Pins, type PinsOptions } from "./environments/pins";
export { PROVIDER_PLATFORMS, type ProviderPlatform } from "./environments/provider-platform";
export { SternaProvider, type SternaProviderConfig } from "./environments/sterna-provider";
export { SystemStack, type SystemStackProps } from "./environments/system-stack";

export { CompatibilityMatrix, type CompatibilityMatrixOptions } from "./releases/compatibility-matrix";
export type { CompatibilityRow, Downtime, RollbackSupport } from "./releases/compatibility-row";
export { Release, type ReleaseProps } from "./releases/release";
export {
  type Colour,
  COLOURS,
  Rollout,
  ROLLOUT_PHASES,
  type RolloutPhase,
  type RolloutState,
} from "./releases/rollout";

export { Checklist } from "./gates/checklists";
export { type EvidenceGateOptions, Gate, type GateOptions } from "./gates/gate";
export { Gates, type GatesProps } from "./gates/gates";
export { MaintenanceWindow, type MaintenanceWindowProps } from "./gates/maintenance-window";
export { DiskSpaceCheck, type DiskSpaceCheckProps } from "./gates/preconditions/disk-space-check";
export { MinimumVersionCheck, type MinimumVersionCheckProps } from "./gates/preconditions/minimum-version-check";
export { RecentFileCheck, type RecentFileCheckProps } from "./gates/preconditions/recent-file-check";
export { type RenderedResource, RenderedStack } from "./gates/rendered-stack";
export type { Finding, StackCheck } from "./gates/stack-check";
export type { Waiver } from "./gates/waiver";

export { Migration, type MigrationProps, type Section } from "./migrations/migration";
export { type OnDestroy, type OnRetry, type OnStop, Step, type StepPhase, type StepProps } from "./migrations/step";
export type { StepProgram } from "./migrations/step-program";
export { SternaStep, type SternaStepConfig } from "./migrations/sterna-step";

export { ArchiveStep, type ArchiveStepProps } from "./steps/archive-step";
export { BucketTransfer } from "./steps/bucket-transfer";
export type { BucketTransferProps, CutOverAction, CutOverProps } from "./steps/bucket-transfer-props";
export { COMMAND_LINTS, type CommandLint } from "./steps/command-lint";
export { CommandStep, type CommandStepProps } from "./steps/command-step";
export { DocumentsStep, type DocumentsStepProps } from "./steps/documents-step";
export { EnvFileStep, type EnvFileStepProps } from "./steps/env-file-step";
export { FilesStep, type FilesStepProps } from "./steps/files-step";
export { HttpStep, type HttpStepProps } from "./steps/http-step";
export { type GcsPlaceOptions, ObjectPlace, type S3PlaceOptions } from "./steps/object-place";
export { Script } from "./steps/script";
export { SqlStep, type SqlStepProps } from "./steps/sql-step";
export type { Verification } from "./steps/verification";

export { DataSyncTask, type DataSyncTaskProps } from "./storage/data-sync-task";
export { GoogleTransferJob, type GoogleTransferJobProps } from "./storage/google-transfer-job";
export type { AccessLogs } from "./storage/access-logs";
export { AwsTieredBucket } from "./storage/aws-tiered-bucket";
export type { AdoptableChild, AwsTieredBucketProps, AwsTieredBucketTransform } from "./storage/aws-tiered-bucket-props";
export type { BucketNotification, S3Event } from "./storage/bucket-notification";
export type { CorsMethod, CorsRule } from "./storage/cors-rule";
export { GoogleTieredBucket } from "./storage/google-tiered-bucket";
export type {
  Autoclass,
  GoogleTieredBucketProps,
  GoogleTieredBucketTransform,
  RetentionPolicy,
  TopicNotification,
} from "./storage/google-tiered-bucket-props";
export type { IntelligentTieringArchive } from "./storage/intelligent-tiering";
export type { Inventory } from "./storage/inventory";
export type { LifecycleRule, TierTransition } from "./storage/lifecycle-rule";
export type { ObjectLock } from "./storage/object-lock";
export type { ReplicationRule } from "./storage/replication-rule";
export type { PolicyStatement } from "./storage/s3-statements";
export { Tier } from "./storage/tier";

export { BackupTimer } from "./backup/backup-timer";
export type { BackupCopy, BackupTimerProps, BackupTimerTransform, VaultLock } from "./backup/backup-timer-props";
export { DumpTarget, type EcsTaskOptions } from "./backup/dump-target";
export { DumpTimer } from "./backup/dump-timer";
export type { DumpTimerProps } from "./backup/dump-timer-props";
export { GoogleBackupTimer } from "./backup/google-backup-timer";
export type { GoogleBackupTimerProps } from "./backup/google-backup-timer-props";
export type { HostFile } from "./backup/host-files";
export { HostBackupTimer } from "./backup/host-backup-timer";
export type { HostBackupTimerProps } from "./backup/host-backup-timer-props";
export { RestoreDrill } from "./backup/restore-drill";
export type {
  RestorableType,
  RestoreDrillProps,
  RestoreDrillTransform,
  RestoredResources,
} from "./backup/restore-drill-props";

export { GoogleRotatingSecret } from "./secrets/google-rotating-secret";
export type {
  GoogleRotatingSecretProps,
  GoogleRotatingSecretTransform,
  GoogleRotatorNetwork,
  GoogleSecretReplica,
} from "./secrets/google-rotating-secret-props";
export { RotatingSecret } from "./secrets/rotating-secret";
export type {
  RotatingSecretProps,
  RotatingSecretTransform,
  RotatorNetwork,
  SecretReplica,
} from "./secrets/rotating-secret-props";
export {
  type PostgresAlternatingUsersOptions,
  type PostgresSingleUserOptions,
  type PostgresUserOptions,
  type RandomValueOptions,
  type RedisAclOptions,
  type RotatedServerOptions,
  RotationStrategy,
} from "./secrets/rotation-strategy";
