import { holdsPassword } from "../../core/password-in-url";
import { isExpression } from "../rendered-stack";
import type { StackCheck } from "../stack-check";
import { environmentVariables, type RenderedVariable } from "./environment-variables";

/** Words in the name of a variable that holds a secret. */
const SECRET_NAME =
  /(^|_)(PASSWORD|PASSWD|PASS|PWD|PASSPHRASE|SECRET|SECRETS|TOKEN|CREDENTIAL|CREDENTIALS|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|SALT)(_|$)/;

/** Endings of names that say where a secret is, or something about it. */
const NAME_OF_REFERENCE = /_(ARN|NAME|ID|FILE|PATH|URI|REGION|VERSION|TTL|EXPIRY|LENGTH|ENABLED|REF)$/;

/** Values that are secrets whatever they are called (AWS IAM, "Unique identifiers"; RFC 7468; GitHub, Slack, Google: token formats). */
const SECRET_VALUE =
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-[A-Za-z0-9-]{10}|\bAIza[\w-]{35}/;

/** Attributes of resources and data sources that are secrets in the open. */
const SECRET_ATTRIBUTE =
  /\.(result|bcrypt_hash|secret_string|secret_binary|secret_data|secret|password|master_password|private_key|private_key_pem|auth_token|token)\b/;

/** Attributes that say where a secret is. */
const REFERENCE = /^\$\{[^}]*\.(arn|id|name|secret_id|version_id|self_link)\}(:[\w:-]*)?$/;

/**
 * No secret stands in an environment variable: they are shown by the consoles of the clouds, and written to plans, states
 * and crash reports (OWASP Secrets Management Cheat Sheet, section 5.1).
 */
export const noPlainSecrets: StackCheck = ({ resources }) =>
  resources.flatMap((resource) =>
    environmentVariables(resource)
      .filter(holdsSecret)
      .map(({ name }) => ({
        code: "PlainSecretInEnvironment" as const,
        address: resource.address,
        path: resource.path,
        message: `the environment variable ${name} holds a secret in the open; refer to it (ECS: secrets, Cloud Run: value_source, Kubernetes: value_from), or give the program the name of the secret`,
      })),
  );

function holdsSecret({ name, value }: RenderedVariable): boolean {
  if (value === "" || /^(true|false|\d{1,5})$/.test(value)) return false;
  if (holdsPassword(value) || SECRET_VALUE.test(value)) return true;
  if (isExpression(value) && SECRET_ATTRIBUTE.test(value)) return true;
  const upper = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[.-]/g, "_")
    .toUpperCase();
  if (!SECRET_NAME.test(upper) || NAME_OF_REFERENCE.test(upper)) return false;
  return !REFERENCE.test(value) && !value.startsWith("arn:");
}
