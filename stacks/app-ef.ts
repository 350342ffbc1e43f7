import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import type { Construct } from "constructs";
import { Duration } from "../lib/core/duration";
import { variable, SecretReference } from "../lib/core/references";
import { ValidationError } from "../lib/core/errors";
import { Ledger } from "../lib/environments/ledger";
import { SystemStack, type SystemStackProps } from "../lib/environments/system-stack";
import { Migration } from "../lib/migrations/migration";
import { Release } from "../lib/releases/release";
import { ArchiveStep } from "../lib/steps/archive/step";
import { DocumentsStep } from "../lib/steps/documents/step";
import { EnvFileStep } from "../lib/steps/env-file/step";
import { HttpStep } from "../lib/steps/http/step";
import { SqlStep } from "../lib/steps/sql/step";
import { ObjectPlace } from "../lib/steps/transfer/object-place";
import { BucketTransfer } from "../lib/steps/transfer/step";
import { TieredBucket } from "../lib/aws/storage/tiered-bucket";
import { Tier } from "../lib/storage/tier";

/** Properties of `AppEf`. */
export type AppEfProps = Omit<SystemStackProps, "system" | "releases" | "ledger" | "proof">;

/** The database of the environment. Holds the projects, and the ledger of what was done to them. */
const DATABASE = SecretReference.environment("APP_EF_DATABASE_URL");

/** The database of the environment before, which proves each step. */
const PREVIOUS_DATABASE = SecretReference.environment("APP_EF_PREVIOUS_DATABASE_URL");

const PROJECT_COLUMNS = [
  ["key", "text"],
  // json, not jsonb: a project stays as it was written, byte for byte.
  ["document", "json"],
  ["sha256", "text"],
  ["path", "text"],
  ["imported_by", "text"],
] as const;

/**
 * app_ef: from the beta on local files to 1.0.0 on S3 and PostgreSQL.
 *
 * A, followed by a number, is a row of the migration guide. New code is rolled out beside this stack (A5-A7, A10).
 */
export class AppEf extends SystemStack {
  static readonly SYSTEM = "app-ef";

  static readonly RELEASES: readonly Release[] = [
    new Release("0.1.0-beta", { title: "Initial release, projects and files on disk" }),
    new Release("1.0.0", { title: "Real ef library, S3, PostgreSQL" }),
    new Release("1.1.0", { title: "Multi-user, advanced features", planned: true }),
  ];

  /** Where 1.0.0 keeps the files. */
  readonly bucket: TieredBucket;

  constructor(scope: Construct, props: AppEfProps) {
    super(scope, {
      ...props,
      system: AppEf.SYSTEM,
      releases: AppEf.RELEASES,
      ledger: Ledger.postgres({ url: DATABASE }),
      previousLedger: Ledger.postgres({ url: PREVIOUS_DATABASE }),
    });
    new AwsProvider(this, "aws", {
      region: this.requiredVariable("AWS_REGION"),
      defaultTags: [{ tags: { system: AppEf.SYSTEM, environment: this.environment.name, ...this.environment.tags } }],
    });
    // The bucket belongs to the environment, not to the release: rolling back to the beta never takes it away (A16).
    this.bucket = this.makeBucket();
    this.migrateToVersion1();
  }

  /** Paths are relative to the project in `environments.json`, and to the folder of the stack where steps run. */
  override get variables(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(super.variables).map(([name, value]) => [
        name,
        /^\.\.?\//.test(value) ? this.place.fromFolder(value) : value,
      ]),
    );
  }

  /** A16-A18, A26 and A27: the bucket, its versions, its lifecycle and its tiering. */
  private makeBucket(): TieredBucket {
    return new TieredBucket(this, "files", {
      bucketName: this.requiredVariable("BUCKET"),
      lifecycleRules: [
        {
          id: "archive-old-projects",
          prefix: "data/projects/",
          transitions: [
            { tier: Tier.infrequentAccess, after: Duration.days(90) },
            { tier: Tier.archive, after: Duration.days(180) },
          ],
          acknowledge: {
            RetrievalDelayNotAccepted: "1.0.0 reads projects from PostgreSQL; these are the documents of the beta",
          },
        },
        {
          // An object goes one of two ways. A ladder over what the application reads would archive files in use.
          id: "tier-files",
          prefix: "data/files/",
          transitions: [{ tier: Tier.intelligent, after: Duration.days(0) }],
        },
      ],
      intelligentTiering: {
        name: "app-ef-tiering",
        prefix: "data/files/",
        archiveAfter: Duration.days(180),
        acknowledge: {
          RetrievalDelayNotAccepted: "a file that nobody opened for half a year may take some hours to come back",
        },
      },
    });
  }

  private migrateToVersion1(): void {
    new Migration(this, "beta-to-v1", {
      from: "0.1.0-beta",
      to: "1.0.0",
      backup: (migration) => {
        // A3, A44a, A44b and A44f: data and configuration, with a manifest that is read back.
        new ArchiveStep(migration, "backup-data", {
          title: "Save the data directory and .env",
          sources: [variable("DATA_DIRECTORY"), variable("ENV_FILE")],
          directory: variable("BACKUP_DIRECTORY"),
        });
      },
      steps: (migration) => {
        this.createSchema(migration);
        // A8, A41 and A43: every project with an equal digest, not just an equal count.
        new DocumentsStep(migration, "import-projects", {
          title: "Import the projects into PostgreSQL",
          directory: variable("PROJECTS_DIRECTORY"),
          database: DATABASE,
          table: "app_ef.projects",
          key: "id",
        });
        // A19 and A20: data/ to s3://BUCKET/data/, compared by a manifest of digests instead of by looking at a list.
        new BucketTransfer(migration, "copy-files", {
          title: "Copy the data directory to S3",
          source: ObjectPlace.directory(variable("DATA_DIRECTORY")),
          destination: ObjectPlace.s3(this.bucket.bucketName, { region: variable("AWS_REGION"), prefix: "data/" }),
        });
        this.migrateEnvironmentFile(migration);
      },
      acceptance: (migration) => {
        // A11 and A24.
        new HttpStep(migration, "check-health", {
          title: "The application is well, and is 1.0.0",
          url: variable("HEALTH_URL"),
          verify: [
            { query: "/status", expected: "ok" },
            { query: "/version", expected: "1.0.0" },
          ],
        });
        new HttpStep(migration, "check-projects", {
          title: "The application lists its projects",
          url: variable("PROJECTS_URL"),
        });
      },
    });
  }

  /** A40: what the guide's `alembic upgrade head` is for. */
  private createSchema(migration: Migration): SqlStep {
    const columns = PROJECT_COLUMNS.map(
      ([name, type]) => `${name} ${type} ${name === "key" ? "primary key" : "not null"}`,
    );
    return new SqlStep(migration, "create-schema", {
      title: "Create the schema app_ef",
      phase: "expand",
      database: DATABASE,
      up: `create schema app_ef;\ncreate table app_ef.projects (\n  ${columns.join(",\n  ")}\n);`,
      // Without cascade: a table that somebody else put there stops the rollback.
      down: "drop table app_ef.projects;\ndrop schema app_ef;",
      verify: [
        {
          query:
            "select string_agg(column_name || ' ' || data_type || ' ' || is_nullable, ', ' order by ordinal_position) " +
            "from information_schema.columns where table_schema = 'app_ef' and table_name = 'projects'",
          expected: PROJECT_COLUMNS.map(([name, type]) => `${name} ${type} NO`).join(", "),
        },
      ],
    });
  }

  /** A9, A14, A21 and A42: .env.v1 from .env, which stays as it is for the way back. */
  private migrateEnvironmentFile(migration: Migration): EnvFileStep {
    return new EnvFileStep(migration, "migrate-env", {
      title: "Write .env.v1",
      from: variable("ENV_FILE"),
      to: variable("ENV_FILE_V1"),
      set: {
        STORAGE_BACKEND: "s3",
        AWS_S3_BUCKET: this.bucket.bucketName,
        AWS_REGION: variable("AWS_REGION"),
        EF_LIBRARY: "ef",
        // The URL holds a password, so the file names the variable that holds the URL.
        DATABASE_URL_ENV: DATABASE.env,
      },
      // The application's role gives it access to the bucket; keys in a file never expire.
      remove: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL"],
      required: ["ENVIRONMENT"],
    });
  }

  private requiredVariable(name: string): string {
    const value = this.variables[name];
    if (value !== undefined) return value;
    throw new ValidationError(
      "UnknownVariable",
      `the environment ${this.environment.name} has no variable "${name}" for ${this.system}; add ` +
        `"variables": { "${this.system}": { "${name}": "<value>" } } to ${this.environment.name} in environments.json`,
      this,
    );
  }
}
