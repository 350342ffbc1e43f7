/**
 * What every user needs: environments, releases, migrations, steps, gates, schedules. Does not include the bindings of
 * a cloud, which are in `sterna/aws` and `sterna/google`.
 */

import "./core/creation-traces";
export { type ReadScheduleOptions, readSchedule, type ScheduleLanguage } from "./schedule/schedule";
export {
  type MonthlyOptions,
  Schedule,
  type ScheduleOptions,
  type TimeOfDayOptions,
  type WeeklyOptions,
} from "./schedule/schedule";
export type { Weekday } from "./schedule/calendar-rule";
export { SCHEDULE_TARGETS, type ScheduleForm, type ScheduleTarget } from "./schedule/targets";
export type { ClockChange } from "./schedule/clock";
export { Duration, type DurationConversionOptions } from "./core/duration";
export type { BlueGreenServiceBaseProps } from "./blue-green/service-rules";
export { BlueGreenStacks } from "./blue-green/blue-green-stacks";
export type { BlueGreenStacksProps, ColorOptions, ColorStackFactory } from "./blue-green/blue-green-stacks";
export { type DeployOrder, type DeployStage, deployText } from "./blue-green/blue-green-stacks";
export type { Destination, Router } from "./blue-green/blue-green-stacks";
export { ERROR_CODES, type ErrorCode } from "./core/error-codes";
export { type AwsSecretAddress, type AwsSecretOptions, AwsSecretReference } from "./core/references";
export { type GoogleSecretAddress, type GoogleSecretOptions, GoogleSecretReference } from "./core/references";
export { type EnvironmentVariableReference, variable, type VariableReference } from "./core/references";
export { SecretReference, type TextInput } from "./core/references";
export { Size, type SizeConversionOptions } from "./core/size";
export { SternaError } from "./core/errors";
export type { Acknowledgements } from "./core/acknowledge";
export type { Adoption, Transform } from "./core/refactoring";
export { type Problem, ValidationError } from "./core/errors";

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

export {
  CompatibilityMatrix,
  type CompatibilityMatrixOptions,
  type Move,
  type PathSearch,
} from "./releases/compatibility-matrix";
export type { CompatibilityRow, Downtime, RollbackSupport } from "./releases/compatibility-matrix";
export { Release, type ReleaseProps, type Releases } from "./releases/release";
export { type Color, COLORS, Rollout, ROLLOUT_PHASES, type RolloutPhase, type RolloutState } from "./manifest/rollout";

export { Checklist } from "./gates/checklists";
export { type EvidenceGateOptions, Gate, type GateOptions } from "./gates/gate";
export type { GateKind, GatePhase, PlanCheck } from "./manifest/gate-data";
export { Gates, type GatesProps } from "./gates/gates";
export { MaintenanceWindow, type MaintenanceWindowProps } from "./gates/gates";
export { DiskSpaceCheck, type DiskSpaceCheckProps, type PreconditionBase } from "./gates/preconditions";
export { MinimumVersionCheck, type MinimumVersionCheckProps } from "./gates/preconditions";
export { RecentFileCheck, type RecentFileCheckProps } from "./gates/preconditions";
export { type RenderedResource, RenderedStack } from "./gates/rendered-stack";
export type { Finding, StackCheck } from "./gates/rendered-stack";

export { Migration, type MigrationProps, type Section } from "./migrations/migration";
export {
  type OnDestroy,
  type OnRetry,
  type OnStop,
  Step,
  type StepPhase,
  type StepProps,
} from "./migrations/migration";
export type { ProgramDocument, StepProgram } from "./migrations/step-program";
export { SternaStep, type SternaStepConfig } from "./migrations/sterna-step";
export type { StepAttributes } from "./manifest/step-attributes";

export { ArchiveStep, type ArchiveStepProps } from "./steps/archive/step";
export {
  type BackupBucketProps,
  type BackupDestinationProps,
  type BackupPlanProps,
  type BackupRetentionProps,
  BackupStep,
  type BackupStepPart,
  type BackupStepProps,
  type DirectoryBackupPart,
  type EnvFileBackupPart,
  type InfluxdbBackupPart,
  type PostgresBackupPart,
  type RedisBackupPart,
} from "./steps/backup/step";
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
export { MIGRATION_LAYOUTS, type MigrationLayout } from "./steps/sql/layouts/layout";
export { SqlMigrations, type SqlMigrationsLint, type SqlMigrationsProps } from "./steps/sql/migrations";
export { SqlStep, type SqlStepProps } from "./steps/sql/step";
export type { Verification } from "./steps/verification";

export type { AccessLogs, TieredBucketBaseProps } from "./storage/bucket-options";
export type { CorsMethod, CorsRule } from "./storage/bucket-options";
export type { LifecycleRule, NoncurrentTierTransition, TierTransition } from "./storage/lifecycle-rule";
export {
  type GcsStorageClass,
  type GcsStorageClassId,
  type S3StorageClass,
  type S3StorageClassId,
  Tier,
} from "./storage/tier";

export { HostBackupTimer } from "./backup/host-backup-timer";
export type {
  HostBackupTimerProps,
  HostBackupTimerTransform,
  HostFile,
  HostPlacement,
} from "./backup/host-backup-timer-props";

export type { RotatingSecretBaseProps } from "./secrets/kept-secret";
export {
  type PostgresAlternatingUsersOptions,
  type PostgresSingleUserOptions,
  type PostgresUserOptions,
  type RandomValueOptions,
  type RedisAclOptions,
  type RotatedServerOptions,
  RotationStrategy,
} from "./secrets/rotation-strategy";
