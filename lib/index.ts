/** The public surface of Sterna. The engine runs inside Terraform, and the command line is the binary `sterna`. */

export { Duration, type DurationConversionOptions } from "./core/duration";
export { ERROR_CODES, type ErrorCode } from "./core/error-codes";
export {
  type EnvironmentVariableReference,
  SecretReference,
  variable,
  type VariableReference,
} from "./core/references";
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

export { Release, type ReleaseProps } from "./releases/release";

export { Migration, type MigrationProps, type Section } from "./migrations/migration";
export { type OnDestroy, type OnRetry, type OnStop, Step, type StepPhase, type StepProps } from "./migrations/step";
export type { StepProgram } from "./migrations/step-program";
export { SternaStep, type SternaStepConfig } from "./migrations/sterna-step";

export { ArchiveStep, type ArchiveStepProps } from "./steps/archive-step";
export { COMMAND_LINTS, type CommandLint } from "./steps/command-lint";
export { CommandStep, type CommandStepProps } from "./steps/command-step";
export { DocumentsStep, type DocumentsStepProps } from "./steps/documents-step";
export { EnvFileStep, type EnvFileStepProps } from "./steps/env-file-step";
export { FilesStep, type FilesStepProps } from "./steps/files-step";
export { HttpStep, type HttpStepProps } from "./steps/http-step";
export { Script } from "./steps/script";
export { SqlStep, type SqlStepProps } from "./steps/sql-step";
export type { Verification } from "./steps/verification";

export { AwsTieredBucket } from "./storage/aws-tiered-bucket";
export type { AwsTieredBucketProps, AwsTieredBucketTransform } from "./storage/aws-tiered-bucket-props";
export type { IntelligentTieringArchive } from "./storage/intelligent-tiering";
export type { LifecycleRule, TierTransition } from "./storage/lifecycle-rule";
export { Tier } from "./storage/tier";
