import { Annotations } from "cdktf";
import type { Construct } from "constructs";
import { Duration } from "../../core/duration";
import type { ErrorCode } from "../../core/error-codes";
import { refuseUnusedTransforms } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import { report } from "../../core/errors";
import type { RotatingSecretProps } from "./rotating-secret-props";
import type { RotationStrategy } from "../../secrets/rotation-strategy";
import { type Refuse, validateKeptSecret, validateRotationSettings } from "../../secrets/kept-secret";

/**
 * 255 characters, minus the suffix of the journal's name. @see
 * https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
 */
const SECRET_NAME = /^[\w-]{1,246}$/;
const SECRET_ID = /^projects\/[a-z0-9][a-z0-9.:-]*\/secrets\/[\w-]{1,255}$/;
const KMS_KEY = /^projects\/[^/]+\/locations\/([^/]+)\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;

/** Refuses what Secret Manager would refuse at apply, and what would lock services out. */
export function validateRotatingSecret(props: RotatingSecretProps, construct: Construct): void {
  const refuse = (code: ErrorCode, message: string) => {
    report(construct, code, message);
  };
  validateName(props.secretName, refuse);
  validateStrategy(props.strategy, refuse, construct);
  validatePeriod(props.rotationPeriod ?? Duration.days(30), refuse, construct);
  validateDestroyDelay(props.versionDestroyDelay ?? Duration.days(7), refuse);
  validateKeys(props, refuse);
  validateKeptSecret(props, refuse, construct);
  refuseUnusedTransforms(construct, props.transform, {
    keyAccess: props.kmsKeyName === undefined && props.replicas === undefined && "kmsKeyName is not set",
    bucket: props.sourceBucketName !== undefined && "sourceBucketName names a bucket that exists already",
  });
  if (props.adopt !== undefined) validateSecretId("adopt.id", props.adopt.id, refuse);
}

function validateName(name: string, refuse: Refuse): void {
  if (isUnresolved(name)) {
    refuse(
      "InvalidSecretName",
      "secretName is a reference, and the names of the rotation function and its accounts are made from it. Write it as " +
        'plain text: "r3mes-production-database"',
    );
    return;
  }
  if (SECRET_NAME.test(name)) return;
  refuse(
    "InvalidSecretName",
    `secretName "${name}" breaks the naming rule. Write 1 to 246 letters, digits, hyphens and underscores, such as ` +
      '"r3mes-production-database"',
  );
}

function validateStrategy(strategy: RotationStrategy, refuse: Refuse, construct: Construct): void {
  const { settings, adminSecret } = strategy;
  if (settings.strategy === "custom") {
    refuse(
      "RotationStrategyUnsupported",
      "RotationStrategy.custom names a function of AWS Lambda, and its four steps are those of AWS Secrets Manager. " +
        "Declare a google_secret_manager_secret with a topic, and let your function subscribe to it",
    );
  }
  if (settings.strategy === "postgresSingleUser") {
    refuse(
      "RotationStrategyUnsupported",
      "postgresSingleUser refuses logins until services read the new version, and `latest` of Google Secret Manager may " +
        "lag behind for hours (https://cloud.google.com/secret-manager/docs/reference/consistency). Use postgresAlternatingUsers",
    );
  }
  if (adminSecret !== undefined) validateSecretId("adminSecret", adminSecret, refuse);
  validateRotationSettings(strategy, refuse, construct);
}

function validateSecretId(what: string, id: string, refuse: Refuse): void {
  if (isUnresolved(id) || SECRET_ID.test(id)) return;
  refuse("InvalidSecretId", `${what} is "${id}". Write "projects/<project>/secrets/<name>", or the id of a resource`);
}

/** @see https://cloud.google.com/secret-manager/docs/secret-rotation (3600 s to 3153600000 s) */
function validatePeriod(period: Duration, refuse: Refuse, construct: Construct): void {
  const seconds = period.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < 3600 || seconds > 3_153_600_000) {
    refuse("RotationPeriodRefused", `rotationPeriod is ${period}; Secret Manager takes 1 hour to 36,500 days`);
  } else if (seconds < 86_400) {
    Annotations.of(construct).addWarning(
      `rotationPeriod is ${period}: a reader of \`latest\`, which may lag behind for hours, may get a value that the ` +
        "rotation before has ended (https://cloud.google.com/secret-manager/docs/reference/consistency)",
    );
  }
}

/** @see https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions */
function validateDestroyDelay(delay: Duration, refuse: Refuse): void {
  const days = delay.toDays({ integral: false });
  if (days >= 1 && days <= 1000 && Number.isInteger(delay.toSeconds({ integral: false }))) return;
  refuse("DestructionDelayRefused", `versionDestroyDelay is ${delay}; Secret Manager takes 1 to 1000 days`);
}

/** @see https://cloud.google.com/secret-manager/docs/cmek (key location) */
function validateKeys({ kmsKeyName, replicas }: RotatingSecretProps, refuse: Refuse): void {
  if (kmsKeyName !== undefined && replicas !== undefined) {
    refuse("KmsKeyInOtherLocation", "kmsKeyName is for a secret without replicas. Give each of the replicas its key");
  }
  const keys = [
    { kmsKeyName, location: "global" },
    ...(replicas ?? []).map((replica) => ({ kmsKeyName: replica.kmsKeyName, location: replica.location })),
  ];
  for (const { kmsKeyName, location } of keys) {
    if (kmsKeyName === undefined || isUnresolved(kmsKeyName) || isUnresolved(location)) continue;
    const place = KMS_KEY.exec(kmsKeyName)?.[1];
    if (place === undefined) {
      refuse(
        "InvalidKmsKeyName",
        `kmsKeyName "${kmsKeyName}" is not the name of a key. Write "projects/P/locations/L/keyRings/R/cryptoKeys/K", without a version.`,
      );
      continue;
    }
    if (place === location) continue;
    refuse(
      "KmsKeyInOtherLocation",
      `kmsKeyName is a key in ${place}, and what it encrypts is in ${location}. Use a key in ${location}.`,
    );
  }
}
