import type { OnProgress, RotationStrategy } from "../rotation-strategy";
import type { SecretVersions } from "../secret-versions";
import type { RotationSettings } from "../settings";
import { postgresAlternatingUsers } from "./postgres-alternating-users";
import { postgresSingleUser } from "./postgres-single-user";
import { randomValue } from "./random-value";
import { redisAcl } from "./redis-acl";

/** The strategy that the settings name. */
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
