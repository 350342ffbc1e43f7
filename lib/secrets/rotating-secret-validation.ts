import type { Construct } from "constructs";
import type { Duration } from "../core/duration";
import type { ErrorCode } from "../core/error-codes";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";
import type { RotatingSecretProps } from "./rotating-secret-props";
import type { RotationStrategy } from "./rotation-strategy";
import { type Refuse, validateKeptSecret, validateRotationSettings } from "./secret-rules";

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) */
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;
/** With the six characters at its end: IAM compares whole ARNs. */
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/;

/** Refuses what Secrets Manager would refuse at apply, and what would give a secret away. */
export function validateRotatingSecret(props: RotatingSecretProps, construct: Construct): void {
  const refuse = (code: ErrorCode, message: string) => {
    throw new ValidationError(code, message, construct);
  };
  validateName(props.secretName, refuse);
  validateStrategy(props.strategy, refuse);
  validateRecovery(props.recoveryWindow, refuse);
  validateKeptSecret(props, refuse);
}

function validateName(name: string, refuse: Refuse): void {
  if (isUnresolved(name)) return;
  const ending = /-\w{6}$/.test(name);
  if (SECRET_NAME.test(name) && !ending) return;
  refuse(
    "InvalidSecretName",
    `secretName "${name}" ${ending ? "ends with a hyphen and six characters, as the ARN of another secret would" : "breaks the naming rule"}. ` +
      'Write 1 to 512 letters, digits and /_+=.@-, such as "r3mes/production/database"',
  );
}

function validateStrategy(strategy: RotationStrategy, refuse: Refuse): void {
  const { settings, adminSecretId, acceptOutage } = strategy;
  if (adminSecretId !== undefined && !isUnresolved(adminSecretId) && !SECRET_ARN.test(adminSecretId)) {
    refuse(
      "InvalidSecretArn",
      `adminSecretId "${adminSecretId}" is not the whole ARN of a secret, which the function's policy needs. ` +
        'Write "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf", or the arn of a resource',
    );
  }
  if (settings.strategy === "postgresSingleUser" && !acceptOutage?.trim()) {
    refuse(
      "OutageNotAccepted",
      "acceptOutage is empty. Say why refused logins are fine, or use postgresAlternatingUsers.",
    );
  }
  validateRotationSettings(strategy, refuse);
}

function validateRecovery(recovery: Duration | undefined, refuse: Refuse): void {
  const days = recovery?.toDays({ integral: false }) ?? 30;
  if (days === 0 || (Number.isInteger(days) && days >= 7 && days <= 30)) return;
  refuse(
    "RecoveryWindowRefused",
    `recoveryWindow is ${recovery}; Secrets Manager takes 7 to 30 whole days, or 0 for none`,
  );
}
