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
   * Directory that gets one directory per stack, absolute or relative to the project.
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
   * Schema that holds the ledger's table.
   * @default "sterna"
   */
  readonly schema?: string;
}

/** Properties of `Ledger.s3`. */
export interface S3LedgerOptions {
  /** Name of a general purpose bucket. It must exist, and should keep old versions. */
  readonly bucketName: string;

  /**
   * What all keys begin with: empty, or ending with one slash. Below it each environment of each system has a place of
   * its own, so that stacks can share a bucket.
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
  /** Name of a bucket. It must exist, and should keep old versions. */
  readonly bucketName: string;

  /**
   * What all names begin with: empty, or ending with one slash. Below it each environment of each system has a place of
   * its own, so that stacks can share a bucket.
   * @default "sterna/"
   */
  readonly prefix?: string;
}

/** What a ledger may need to know about the stack that uses it. */
export interface LedgerPlace {
  /** Id of the stack. */
  readonly stack: string;

  /** A path of the project as seen from the stack's folder. */
  fromFolder(path: string): string;
}

/** Where the record of applied steps is kept. */
export abstract class Ledger {
  /** Files on one machine: for trying out and for a single operator. */
  static file(options: FileLedgerOptions = {}): Ledger {
    return new FileLedger(options.directory ?? ".sterna/ledger");
  }

  /**
   * A table in a PostgreSQL database: best the database that the steps change, so that a step and its row are one
   * transaction.
   *
   * @throws SternaError `LiteralPassword`
   */
  static postgres(options: PostgresLedgerOptions): Ledger {
    return new PostgresLedger(options);
  }

  /**
   * Objects in a bucket of Amazon S3, one for each step, written on the condition that no other process wrote them: for
   * steps that change no database, run from several machines. Credentials come from the environment where Terraform
   * runs. They must allow s3:GetObject, s3:PutObject and s3:ListBucket.
   *
   * A step is never run by two runners at once while the signs of life of the one reach the bucket; it takes effect at
   * least once. A runner that was killed keeps its step for a minute. An
   * S3-compatible store does as well if it honors conditional writes; one that does not is refused before a step runs.
   *
   * @throws SternaError `InvalidLedger` for an empty bucket or a prefix that does not end with a slash
   */
  static s3({ bucketName: bucket, ...options }: S3LedgerOptions): Ledger {
    return new ObjectLedger({ kind: "s3", bucket, ...options });
  }

  /**
   * Objects in a bucket of Google Cloud Storage, one for each step, as `Ledger.s3` keeps them. Credentials are
   * Application Default Credentials, with the role Storage Object User on the bucket.
   *
   * @throws SternaError `InvalidLedger` for an empty bucket or a prefix that does not end with a slash
   */
  static gcs({ bucketName: bucket, ...options }: GcsLedgerOptions): Ledger {
    return new ObjectLedger({ kind: "gcs", bucket, ...options });
  }

  /**
   * The ledger of one stack, as configured in the provider.
   *
   * @param place the stack that uses the ledger
   * @param owner id of the stack whose steps it holds: another one, when `place` asks it for a proof
   * @internal
   */
  abstract configuration(place: LedgerPlace, owner: string): LedgerConfig;

  /** Whether the ledger of another stack follows from this one. */
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
  // Which database staging uses does not tell which one production uses.
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
  // Production's bucket is seldom staging's.
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
