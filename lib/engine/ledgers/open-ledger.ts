import { resolve } from "node:path";
import { z } from "zod";
import { describeIssues } from "../../core/read-json-file";
import { EngineError } from "../engine-error";
import { resolveText, describeSecret, referredSecret } from "../secrets/stored-secret";
import { loginUrl } from "../secrets/login-url";
import { lookUpText } from "../secrets/look-up-text";
import { SecretFetcher } from "../secrets/secret-fetcher";
import type { Text } from "../../manifest/text";
import { FileLedger } from "./file-ledger";
import type { Ledger, LedgerScope } from "./ledger";
import { openGcsStore } from "../objects/gcs-store";
import { ledgerConfig, type LedgerConfig } from "../../manifest/ledger-config";
import { ObjectLedger } from "./object-ledger";
import type { DatabaseAddress } from "./postgres-connections";
import { PostgresLedger } from "./postgres-ledger";
import { S3Store } from "../objects/s3-store";

const EXAMPLES = [
  '  {"kind":"file","directory":".sterna/ledger"}',
  '  {"kind":"postgres","url":{"env":"DATABASE_URL"}}',
  '  {"kind":"s3","bucket":"example-ledger","prefix":"sterna/"}',
  '  {"kind":"gcs","bucket":"example-ledger","prefix":"sterna/"}',
].join("\n");

export interface LedgerPlace extends LedgerScope {
  /** Folder of the stack: relative directories start here. */
  readonly directory: string;
}

/**
 * Opens a ledger. Nothing is read, created or connected to before the first use.
 *
 * @param variables where references and credentials are looked up
 */
export function openLedger(
  config: LedgerConfig,
  place: LedgerPlace,
  variables: NodeJS.ProcessEnv = process.env,
): Ledger {
  switch (config.kind) {
    case "file":
      return new FileLedger(resolve(place.directory, config.directory), place);
    case "postgres":
      return new PostgresLedger({
        url: databaseOf(config.url, variables),
        schema: config.schema,
        scope: place,
      });
    case "s3":
      return new ObjectLedger({ store: new S3Store({ ...config, variables }), prefix: config.prefix, scope: place });
    case "gcs":
      return new ObjectLedger({ store: openGcsStore(config.bucket, variables), prefix: config.prefix, scope: place });
  }
}

/** A secret is fetched with each connection, since it may rotate; nothing else is waited for. */
function databaseOf(url: Text, variables: NodeJS.ProcessEnv): string | DatabaseAddress {
  const asker = "the ledger";
  const stored = typeof url !== "string" && "secret" in url;
  const value = stored ? undefined : resolveText(url, {}, asker, variables);
  const secret = stored ? url.secret : referredSecret(value!, `the URL of ${asker}`);
  if (secret === undefined) return loginUrl(value!, "postgres", `the URL of ${asker}`);
  const description = `the database of ${describeSecret(secret)}`;
  return {
    description,
    url: async () =>
      loginUrl(await lookUpText({ secret }, {}, asker, new SecretFetcher(variables)), "postgres", description),
  };
}

/**
 * Reads the JSON of the provider's `ledger` argument or of `STERNA_LEDGER`.
 * @throws EngineError `LedgerNotConfigured`
 */
export function parseLedgerConfig(json: string | undefined, source: string): LedgerConfig {
  if (!json) {
    throw new EngineError(
      "LedgerNotConfigured",
      `no ledger: set the argument "ledger" of provider "sterna", or the environment variable STERNA_LEDGER, to one of:\n${EXAMPLES}`,
    );
  }
  try {
    return ledgerConfig.parse(JSON.parse(json));
  } catch (error) {
    // Never what was got: it may be a URL with a password.
    const issues = error instanceof z.ZodError ? `:\n${describeIssues(error)}` : "; it is not JSON";
    throw new EngineError("LedgerNotConfigured", `${source} is not a ledger${issues}\nWrite one of:\n${EXAMPLES}`, {
      cause: error,
    });
  }
}
