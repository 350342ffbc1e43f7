import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { acknowledgement, type Acknowledgements, isAcknowledged } from "./acknowledge";
import { report } from "./errors";
import { holdsKnownSecret, holdsPassword, isHarmless, isSecretName } from "./secrets-in-text";
import { isUnresolved } from "./tokens";

/** A secret that is written out where a reference belongs. */
export interface LiteralSecret {
  /** `LiteralPassword` for a URL with a password, `LiteralSecretValue` for a text under the name of a secret. */
  readonly code: "LiteralPassword" | "LiteralSecretValue";

  /** What is wrong, and what to write instead. */
  readonly message: string;
}

/**
 * Finds texts that are secrets: those under a name such as `DB_PASSWORD`, `API_KEY` or `authToken`, URLs with a
 * password, and keys of a known format. References and values that only Terraform knows pass, and so do names that say
 * where a secret is, such as `DB_PASSWORD_FILE`.
 *
 * @param values by name; anything but a text passes
 * @param path of the values in the properties, such as `environmentVariables`
 */
export function findLiteralSecrets(values: Readonly<Record<string, unknown>>, path: string): LiteralSecret[] {
  return Object.entries(values).flatMap(([name, value]): LiteralSecret[] => {
    if (typeof value !== "string" || isUnresolved(value) || isHarmless(value)) return [];
    const instead = `Set ${name} where Terraform runs and write SecretReference.environment("${name}"), or refer to a secret store with SecretReference.aws or SecretReference.google`;
    if (holdsPassword(value)) {
      const message = `${path}.${name} is a URL with a password, and the plan, the state and the ledger would show it. ${instead}`;
      return [{ code: "LiteralPassword", message }];
    }
    if (!isSecretName(name) && !holdsKnownSecret(value)) return [];
    const message = `${path}.${name} holds a secret as plain text, and the plan, the state and the ledger would show it. ${instead}`;
    return [{ code: "LiteralSecretValue", message }];
  });
}

/** `NAME=value`, `export NAME="value"` and `--name=value`; a value that is looked up when the script runs is none. */
const ASSIGNMENT =
  /(?:^|[\s;&|(])(?:--)?(?<name>[A-Za-z_][\w-]*)=(?:"(?<double>[^"$`]+)"|'(?<single>[^']+)'|(?<bare>[^\s"'$`;&|()]+))/gm;

/**
 * Finds secrets that a script writes out: `PGPASSWORD=hunter2 psql`, `--password=hunter2`, and what
 * `findSecretsInSql` finds.
 *
 * @param path of the script in the properties, such as `up`
 */
export function findSecretsInScript(script: string, path: string): LiteralSecret[] {
  const assigned = [...script.matchAll(ASSIGNMENT)].flatMap(({ groups }) => {
    const { name, double, single, bare } = groups!;
    const value = (double ?? single ?? bare)!;
    return isSecretName(name!) && !isHarmless(value) ? [writtenOut(path, name!)] : [];
  });
  return assigned.length > 0 ? assigned : findSecretsInSql(script, path);
}

/** `password 'hunter2'` of a role, and `password=hunter2` of a connection; not the hash of a password. */
const SQL_PASSWORD = /\bpassword\s+'(?!md5[0-9a-f]{32}'|SCRAM-SHA-256\$)[^']+'|'[^']*\bpassword\s*=\s*[^\s':$][^']*'/i;

/**
 * Finds passwords that SQL writes out: `create role app password 'hunter2'`.
 *
 * @param path of the SQL in the properties, such as `up`
 */
export function findSecretsInSql(sql: string, path: string): LiteralSecret[] {
  return SQL_PASSWORD.test(sql) ? [writtenOut(path, "password")] : [];
}

function writtenOut(path: string, name: string): LiteralSecret {
  const message = `\`${path}\` holds ${name} as plain text, and the plan, the state and the ledger would show it. Pass it as a SecretReference in the environmentVariables of a CommandStep, and let the script look it up`;
  return { code: "LiteralSecretValue", message };
}

/**
 * Refuses texts that are secrets, as `findLiteralSecrets` finds them. A text that only looks like one is acknowledged:
 * `acknowledge: { LiteralSecretValue: "<reason>" }` turns the refusal into a warning.
 *
 * @param values by name; anything but a text passes
 * @param path of the values in the properties, such as `environmentVariables`
 * @param acknowledge why the texts are no secrets; the password of a URL cannot be acknowledged
 * @throws ValidationError `LiteralPassword`, `LiteralSecretValue`, `NothingToAcknowledge`
 */
export function refuseLiteralSecrets(
  construct: IConstruct,
  values: Readonly<Record<string, unknown>>,
  path: string,
  acknowledge?: Acknowledgements<"LiteralSecretValue">,
): void {
  const found = findLiteralSecrets(values, path);
  for (const { code, message } of found) {
    if (code === "LiteralPassword") report(construct, code, `${message}.`);
    else if (!isAcknowledged(acknowledge, code)) {
      report(construct, code, `${message}; if it is no secret, say why: ${acknowledgement(code)}.`);
    } else
      Annotations.of(construct).addWarning(`${code}: ${message}. Acknowledged: ${acknowledge!.LiteralSecretValue}`);
  }
  if (isAcknowledged(acknowledge, "LiteralSecretValue") && !found.some(({ code }) => code === "LiteralSecretValue")) {
    report(
      construct,
      "NothingToAcknowledge",
      `acknowledge names LiteralSecretValue, and ${path} holds no text that looks like a secret. Remove it.`,
    );
  }
}
