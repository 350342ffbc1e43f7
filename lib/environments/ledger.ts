import { posix } from "node:path";
import type { EnvironmentVariableReference } from "../core/references";
import { holdsPassword } from "../core/password-in-url";
import { SternaError } from "../core/sterna-error";
import { ledgerConfig, type LedgerConfig } from "../engine/ledgers/ledger-config";

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
  /** Connection URL of the database. With a password it must be a reference: `SecretReference.environment("…")`. */
  readonly url: string | EnvironmentVariableReference;

  /**
   * Schema that holds the ledger's table.
   * @default "sterna"
   */
  readonly schema?: string;
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
   * The ledger of one stack, as the provider is told.
   *
   * @param place the stack that uses the ledger
   * @param owner id of the stack whose steps it holds: another one, when `place` asks it for a proof
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
  // Which database staging uses says nothing about production's.
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
