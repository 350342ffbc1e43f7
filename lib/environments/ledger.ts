import { posix } from "node:path";
import type { z } from "zod";
import type { SecretReference } from "../core/references";
import { holdsPassword } from "../core/secrets-in-text";
import { describeIssues } from "../core/read-json-file";
import { SternaError } from "../core/errors";
import { ledgerConfig, type LedgerConfig } from "../manifest/ledger-config";

/** Properties of `Ledger.file`. */
export interface FileLedgerOptions {
  /**
   * Directory with one directory per stack, absolute or relative to the project.
   * @default ".sterna/ledger"
   */
  readonly directory?: string;
}

/** Properties of `Ledger.postgres`. */
export interface PostgresLedgerOptions {
  /**
   * Connection URL of the database. With a password it must be a reference: `SecretReference.environment("…")`,
   * `SecretReference.aws("…")`, `rotatingSecret.reference("url")`.
   */
  readonly url: string | SecretReference;

  /**
   * Schema of the ledger's table.
   * @default "sterna"
   */
  readonly schema?: string;
}

/** Properties of `Ledger.s3`. */
export interface S3LedgerOptions {
  /** Name of a general purpose bucket. It must exist, and should be versioned. */
  readonly bucketName: string;

  /**
   * Prefix of all keys: empty, or ending with one slash. Each environment of each system has its own keys under it, so
   * that stacks can share a bucket.
   * @default "sterna/"
   */
  readonly prefix?: string;

  /**
   * Region of the bucket.
   * @default - the region where Terraform runs
   */
  readonly region?: string;
}

/** Properties of `Ledger.gcs`. */
export interface GcsLedgerOptions {
  /** Name of a bucket. It must exist, and should be versioned. */
  readonly bucketName: string;

  /**
   * Prefix of all names: empty, or ending with one slash. Each environment of each system has its own names under it,
   * so that stacks can share a bucket.
   * @default "sterna/"
   */
  readonly prefix?: string;
}

/** What a ledger may need to know about its stack. */
export interface LedgerPlace {
  /** Id of the stack. */
  readonly stack: string;

  /** A project path relative to the stack's folder. */
  fromFolder(path: string): string;
}

/** Where applied steps are recorded. */
export abstract class Ledger {
  /** Files on one machine: for trials and for a single operator. */
  static file(options: FileLedgerOptions = {}): Ledger {
    return new FileLedger(options.directory ?? ".sterna/ledger");
  }

  /**
   * A table in a PostgreSQL database. Preferably the database that the steps change, so that a step and its row share a
   * transaction.
   *
   * @throws SternaError `LiteralPassword`
   */
  static postgres(options: PostgresLedgerOptions): Ledger {
    return new PostgresLedger(options);
  }

  /**
   * Objects in an Amazon S3 bucket, one for each step, with conditional writes that detect other writers: for steps
   * that change no database and run from several machines. Credentials come from the environment of Terraform. They
   * must allow s3:GetObject, s3:PutObject and s3:ListBucket.
   *
   * Two runners never run a step at once while the heartbeats of one reach the bucket. Steps take effect at least once.
   * A killed runner holds its step for a minute. An S3-compatible store works too if it supports conditional writes;
   * otherwise it is refused before a step runs.
   *
   * @throws SternaError `InvalidLedger` for an empty bucket or a prefix that does not end with a slash
   */
  static s3({ bucketName: bucket, ...options }: S3LedgerOptions): Ledger {
    return new ObjectLedger({ kind: "s3", bucket, ...options });
  }

  /**
   * Objects in a Google Cloud Storage bucket, one for each step, with the same behavior as `Ledger.s3`. Credentials are
   * Application Default Credentials, with the role Storage Object User on the bucket.
   *
   * @throws SternaError `InvalidLedger` for an empty bucket or a prefix that does not end with a slash
   */
  static gcs({ bucketName: bucket, ...options }: GcsLedgerOptions): Ledger {
    return new ObjectLedger({ kind: "gcs", bucket, ...options });
  }

  /**
   * The configuration of a stack's ledger in the provider.
   *
   * @param place the stack that uses the ledger
   * @param owner id of the stack whose steps it holds: a different one when `place` queries it for a proof
   * @internal
   */
  abstract configuration(place: LedgerPlace, owner: string): LedgerConfig;

  /** Whether the ledger of another stack can be derived from this one. */
  abstract readonly knowsOtherStacks: boolean;
}

class FileLedger extends Ledger {
  readonly knowsOtherStacks = true;

  constructor(private readonly directory: string) {
    super();
  }

  configuration(place: LedgerPlace, owner: string): LedgerConfig {
    return { kind: "file", directory: posix.join(place.fromFolder(this.directory), owner) };
  }
}

class PostgresLedger extends Ledger {
  // The database of staging does not determine the one of production.
  readonly knowsOtherStacks = false;
  private readonly config: LedgerConfig;

  constructor({ url, schema }: PostgresLedgerOptions) {
    super();
    if (typeof url === "string" && holdsPassword(url)) {
      throw new SternaError(
        "LiteralPassword",
        'the URL of the ledger holds a password; set it where Terraform runs and write url: SecretReference.environment("STERNA_LEDGER_URL")',
      );
    }
    this.config = ledgerConfig.parse({ kind: "postgres", url, ...(schema === undefined ? {} : { schema }) });
  }

  configuration(): LedgerConfig {
    return this.config;
  }
}

class ObjectLedger extends Ledger {
  // Production and staging seldom share a bucket.
  readonly knowsOtherStacks = false;
  private readonly config: LedgerConfig;

  constructor(options: z.input<typeof ledgerConfig>) {
    super();
    const parsed = ledgerConfig.safeParse(options);
    if (!parsed.success) {
      throw new SternaError(
        "InvalidLedger",
        `${JSON.stringify(options)} is no ledger:\n${describeIssues(parsed.error)}`,
      );
    }
    this.config = parsed.data;
  }

  configuration(): LedgerConfig {
    return this.config;
  }
}
