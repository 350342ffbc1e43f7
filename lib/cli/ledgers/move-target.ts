import { join } from "node:path";
import { holdsPassword } from "../../core/password-in-url";
import { SternaError } from "../../core/sterna-error";
import type { LedgerConfig } from "../../engine/ledgers/ledger-config";
import { parseLedgerConfig } from "../../engine/ledgers/open-ledger";
import type { Text } from "../../engine/text";

/** The ledger that another one is moved to, as the command line is told. */
export interface MoveTarget {
  readonly config: LedgerConfig;

  /** What to write in the code. */
  readonly code: string;
}

/**
 * Reads `--to` of `sterna ledger move`. A directory means what it means to `Ledger.file`: relative to the project, with a
 * directory for each stack in it.
 *
 * @param project directory of the project
 * @param stack id of the stack whose ledger moves
 * @throws EngineError `LedgerNotConfigured`; SternaError `LiteralPassword`
 */
export function parseMoveTarget(json: string, project: string, stack: string): MoveTarget {
  const config = parseLedgerConfig(json, "--to");
  if (config.kind === "file") {
    return {
      config: { ...config, directory: join(project, config.directory, stack) },
      code: `Ledger.file({ directory: ${JSON.stringify(config.directory)} })`,
    };
  }
  if (config.kind === "postgres") return { config, code: postgresCode(config) };
  const { kind, ...options } = config;
  return { config, code: `Ledger.${kind}(${propertiesOf(options)})` };
}

function postgresCode({ url, schema }: Extract<LedgerConfig, { kind: "postgres" }>): string {
  if (typeof url === "string" && holdsPassword(url)) {
    throw new SternaError(
      "LiteralPassword",
      'the URL in --to holds a password, which every process of this machine can read; set a variable and write {"kind":"postgres","url":{"env":"STERNA_LEDGER_URL"}}',
    );
  }
  return `Ledger.postgres({ url: ${codeOf(url)}, schema: ${JSON.stringify(schema)} })`;
}

function codeOf(url: Text): string {
  if (typeof url === "string" || "variable" in url) return JSON.stringify(url);
  if ("env" in url) return `SecretReference.environment(${JSON.stringify(url.env)})`;
  const { store, id, ...options } = url.secret;
  const rest = Object.keys(options).length === 0 ? "" : `, ${propertiesOf(options)}`;
  return `SecretReference.${store}(${JSON.stringify(id)}${rest})`;
}

function propertiesOf(options: object): string {
  const properties = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `{ ${properties.join(", ")} }`;
}
