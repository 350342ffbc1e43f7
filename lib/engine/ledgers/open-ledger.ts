import { resolve } from "node:path";
import { EngineError } from "../engine-error";
import { resolveText } from "../resolve-text";
import { FileLedger } from "./file-ledger";
import type { Ledger } from "./ledger";
import { ledgerConfig, type LedgerConfig } from "./ledger-config";
import { PostgresLedger } from "./postgres-ledger";
import type { LedgerScope } from "./scope";

export interface LedgerPlace extends LedgerScope {
  /** Folder of the stack: relative directories start here. */
  readonly directory: string;
}

/** Opens a ledger. Nothing is read, created or connected to before the first use. */
export function openLedger(config: LedgerConfig, place: LedgerPlace): Ledger {
  switch (config.kind) {
    case "file":
      return new FileLedger(resolve(place.directory, config.directory), place);
    case "postgres":
      return new PostgresLedger({
        url: resolveText(config.url, {}, "the ledger"),
        schema: config.schema,
        scope: place,
      });
  }
}

/**
 * Reads the JSON of the provider's `ledger` argument or of `STERNA_LEDGER`.
 * @throws EngineError `LedgerNotConfigured`
 */
export function parseLedgerConfig(json: string | undefined, source: string): LedgerConfig {
  const example = '{"kind":"file","directory":".sterna/ledger"} or {"kind":"postgres","url":{"env":"DATABASE_URL"}}';
  if (!json) {
    throw new EngineError(
      "LedgerNotConfigured",
      `no ledger: set the argument "ledger" of provider "sterna", or the environment variable STERNA_LEDGER, to ${example}.`,
    );
  }
  try {
    return ledgerConfig.parse(JSON.parse(json));
  } catch (error) {
    throw new EngineError("LedgerNotConfigured", `${source} is not a ledger: expected ${example}.`, { cause: error });
  }
}
