import { randomBytes } from "node:crypto";
import type { OnProgress, RotationStrategy, SecretVersions, RotationTarget } from "../rotation";
import type { RotationSettings, SettingsOf } from "../settings";
import { postgresAlternatingUsers } from "./postgres-alternating-users";
import { postgresSingleUser } from "./postgres-users";
import { redisAcl } from "./redis-acl";

/** The strategy in the settings. */
export function strategyOf(
  settings: RotationSettings,
  versions: SecretVersions,
  onProgress?: OnProgress,
): RotationStrategy {
  switch (settings.strategy) {
    case "postgresAlternatingUsers":
      return postgresAlternatingUsers(settings, versions, onProgress);
    case "postgresSingleUser":
      return postgresSingleUser(settings, versions, onProgress);
    case "redisAcl":
      return redisAcl(settings, versions);
    case "randomValue":
      return randomValue(settings);
  }
}

/**
 * A new random value that no server needs to know: API keys, signing keys. Whoever verifies such values accepts the
 * current and the previous one.
 */
function randomValue({ shape, bytes, prefix, key }: SettingsOf<"randomValue">): RotationStrategy {
  const target: RotationTarget = {
    generate: async () => JSON.stringify({ [key]: prefix + encode(randomBytes(bytes), shape) }),
    accepts: async () => true,
    install: async () => {},
  };
  // Only the labels can be changed concurrently, and each change names the version that it takes the label from.
  return { exclusively: (work) => work(target) };
}

function encode(bytes: Buffer, shape: SettingsOf<"randomValue">["shape"]): string {
  if (shape !== "influxToken") return bytes.toString(shape);
  // The format of InfluxDB 2: base64 for URLs, with padding.
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
