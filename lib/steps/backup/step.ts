import type { Construct } from "constructs";
import type { z } from "zod";
import { report } from "../../core/errors";
import type { SecretReference, TextInput } from "../../core/references";
import type { Size } from "../../core/size";
import { SystemStack } from "../../environments/system-stack";
import { planMistakes } from "../../manifest/backup-parts";
import type { LedgerConfig } from "../../manifest/ledger-config";
import { canonicalJson } from "../../manifest/checksum";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { backupProgram } from "./program";

/** Properties of a `BackupStep`. */
export interface BackupStepProps extends Omit<StepProps, "irreversible" | "onDestroy" | "onRetry"> {
  /**
   * What is backed up, where to, and for how long.
   * @default - `planFile`; exactly one of the two is given
   */
  readonly plan?: BackupPlanProps;

  /**
   * Path of a backup plan, as `sterna backup run` reads it: relative to the stack's folder, where Terraform runs, or
   * absolute. It must be for the system and the environment of the stack.
   * @default - `plan`; exactly one of the two is given
   */
  readonly planFile?: TextInput;

  /**
   * What happens when the step is removed from the configuration, as in a rollback.
   *
   * - `keep`: nothing; the backup stays where it is
   * - `rollback`: exactly the backup that the step recorded replaces the live data. The replaced data is kept beside it.
   *   This is the way back for steps that cannot be undone: give those `onDestroy: "keep"`
   * - `refuse`: the plan is refused
   * @default "keep"
   */
  readonly onDestroy?: "keep" | "rollback" | "refuse";
}

/** What is backed up, where to, and for how long. */
export interface BackupPlanProps {
  /** The data, each part with an id of its own. If one part fails, the whole backup fails. */
  readonly parts: readonly BackupStepPart[];

  /** Where the backup is kept: a directory, an Amazon S3 bucket, or both. */
  readonly destination: BackupDestinationProps;

  /**
   * How long the backup is kept.
   * @default - 30 days; the newest 3 verified backups are kept longer
   */
  readonly retention?: BackupRetentionProps;

  /**
   * Commit of the code that runs while the backup is taken, for the record: `SecretReference.environment("GITHUB_SHA")`.
   * @default - none is recorded
   */
  readonly commit?: TextInput;

  /**
   * Free space that the destination needs before the backup begins, or the step fails.
   * @default - none is required; the step warns if the data is larger than the free space
   */
  readonly requiredFreeSpace?: Size;
}

/** One part of a backup. */
export type BackupStepPart =
  PostgresBackupPart | RedisBackupPart | InfluxdbBackupPart | DirectoryBackupPart | EnvFileBackupPart;

/** A PostgreSQL database, dumped by pg_dump. */
export interface PostgresBackupPart {
  readonly kind: "postgres";

  /** Name of the part: lowercase letters, digits and hyphens. */
  readonly id: string;

  /** Connection URL: `SecretReference.environment("SHOP_DATABASE_URL")`. */
  readonly url: TextInput;

  /**
   * Password, if the URL has none.
   * @default - that of the URL
   */
  readonly password?: SecretReference;

  /**
   * Database to connect to while a restore creates, renames and drops others.
   * @default "postgres"
   */
  readonly maintenanceDatabase?: string;

  /**
   * Whether every row is digested, so that a restore compares contents. Reads each table once more.
   * @default true
   */
  readonly digests?: boolean;

  /**
   * Compression: `none`, `gzip:1` to `gzip:9`; from pg_dump 16 on also `lz4` and `zstd`, with a level if needed (`zstd:3`).
   * @see https://www.postgresql.org/docs/current/app-pgdump.html
   * @default - that of pg_dump, gzip
   */
  readonly compression?: string;

  /**
   * Number of tables that are dumped and restored at once, 1 to 64, each with a connection. The dump is then a directory.
   * @default - one, into one file
   */
  readonly jobs?: number;

  /**
   * Whether a database without rows is a backup.
   * @default false, it is an error
   */
  readonly allowEmpty?: boolean;
}

/** All logical databases of a Redis server, as a snapshot (RDB). Managed servers refuse to send one. */
export interface RedisBackupPart {
  readonly kind: "redis";

  /** Name of the part: lowercase letters, digits and hyphens. */
  readonly id: string;

  /** `redis://user@host:6379` or `rediss://…`. */
  readonly url: TextInput;

  /**
   * Password, if the URL has none.
   * @default - that of the URL
   */
  readonly password?: SecretReference;

  /**
   * Whether a server without keys is a backup.
   * @default false, it is an error
   */
  readonly allowEmpty?: boolean;
}

/** A database of InfluxDB 1.x, as `influxd backup -portable` writes it. */
export interface InfluxdbBackupPart {
  readonly kind: "influxdb";

  /** Name of the part: lowercase letters, digits and hyphens. */
  readonly id: string;

  /** HTTP API: `http://host:8086`. */
  readonly url: TextInput;

  /** Name of the database. */
  readonly database: string;

  /**
   * The server's `bind-address` of backups, `host:port`. InfluxDB 1.x asks for no password there.
   * @default "127.0.0.1:8088"
   */
  readonly backupAddress?: string;

  /**
   * User of the HTTP API.
   * @default - none
   */
  readonly username?: string;

  /**
   * Password of the user.
   * @default - none
   */
  readonly password?: SecretReference;

  /**
   * Whether a database without values is a backup.
   * @default false, it is an error
   */
  readonly allowEmpty?: boolean;
}

/** A directory, or a single file, as an archive with the digest of every file. */
export interface DirectoryBackupPart {
  readonly kind: "directory";

  /** Name of the part: lowercase letters, digits and hyphens. */
  readonly id: string;

  /** Path, relative to the stack's folder or absolute. */
  readonly path: TextInput;
}

/** A dotenv file, always encrypted with AES-256-GCM. */
export interface EnvFileBackupPart {
  readonly kind: "env-file";

  /** Name of the part: lowercase letters, digits and hyphens. */
  readonly id: string;

  /** Path, relative to the stack's folder or absolute. */
  readonly path: TextInput;

  /** Key of 32 bytes, in base64 or hexadecimal (`openssl rand -base64 32`). Without it, the file cannot be restored. */
  readonly key: SecretReference;
}

/** Where backups are kept: a directory, an Amazon S3 bucket, or both. */
export interface BackupDestinationProps {
  /**
   * Directory on the machine that runs Terraform, relative to the stack's folder or absolute.
   * @default - none; `bucket` is then needed
   */
  readonly directory?: TextInput;

  /**
   * Amazon S3 bucket.
   * @default - none; `directory` is then needed
   */
  readonly bucket?: BackupBucketProps;
}

/** An Amazon S3 bucket for backups. */
export interface BackupBucketProps {
  /** Name of the bucket. If it is in the same stack, the step waits for it. */
  readonly name: TextInput;

  /**
   * Prefix of the keys: empty, or ending with a slash.
   * @default "backups/"
   */
  readonly prefix?: string;

  /**
   * Region of the bucket.
   * @default - the region of the credentials
   */
  readonly region?: TextInput;

  /**
   * Days after which the bucket's own lifecycle deletes these objects: more than `retention.days`.
   * @default - it does not delete them
   */
  readonly expirationDays?: number;
}

/** How long backups are kept. */
export interface BackupRetentionProps {
  /** Days for which a backup is never deleted, 1 or more. */
  readonly days: number;

  /**
   * Number of newest verified backups to keep, regardless of age.
   * @default 3
   */
  readonly atLeast?: number;
}

/**
 * Takes a backup before anything changes, reads it back, and records its id, its digest and its counts in the ledger. A
 * rollback keeps the backup, or restores exactly this one with `onDestroy: "rollback"`.
 */
export class BackupStep extends Step {
  /** @throws ValidationError what `Step` throws, `InvalidBackupPlan`, `RetentionContradiction`, `RestoreReplacesLedger` */
  constructor(scope: Construct, id: string, props: BackupStepProps) {
    const { onDestroy = "keep", plan, planFile } = props;
    super(scope, id, { ...props, onDestroy }, (step): TypedStepProgram<typeof backupProgram> => {
      if (plan !== undefined) validatePlan(step, plan, onDestroy === "rollback");
      return {
        schema: backupProgram,
        program: {
          kind: "backup",
          ...(plan !== undefined && { plan: toPlan(plan) }),
          ...(planFile !== undefined && { planFile }),
          release: step.migration.from.version,
          project: SystemStack.of(step).place.fromFolder("."),
          down: onDestroy === "rollback" ? "restore" : "keep",
        },
      };
    });
  }
}

type PlanInput = NonNullable<z.input<typeof backupProgram>["plan"]>;

function toPlan({ requiredFreeSpace, parts, ...plan }: BackupPlanProps): PlanInput {
  return { ...plan, parts: [...parts], requiredFreeBytes: requiredFreeSpace?.toBytes() };
}

function validatePlan(step: Step, { parts, destination, retention }: BackupPlanProps, restores: boolean): void {
  for (const { code, message } of planMistakes({ parts, destination, retention: { days: 30, ...retention } })) {
    report(step, code, `the plan ${message}`);
  }
  if (!restores) return;
  const stack = SystemStack.of(step);
  const ledger = JSON.parse(stack.manifest.ledger) as LedgerConfig;
  if (ledger.kind !== "postgres") return;
  const replaced = parts.find(
    (part) => part.kind === "postgres" && canonicalJson(part.url) === canonicalJson(ledger.url),
  );
  if (replaced === undefined) return;
  report(
    step,
    "RestoreReplacesLedger",
    `the part ${replaced.id} is the database of the stack's ledger, which a restore would replace while it is in use; ` +
      'keep the ledger elsewhere, such as Ledger.s3, or write onDestroy: "keep" and restore by hand',
  );
}
