import { setPassword } from "../postgres/roles";
import type { OnProgress, RotationStrategy } from "../rotation-strategy";
import type { SecretVersions } from "../secret-versions";
import type { SettingsOf } from "../settings";
import { postgresStrategy } from "./postgres-users";

/**
 * One user gets another password. From then until the last step new sessions with the current secret are refused, and
 * those with a cached one for ever; open sessions go on. Another user changes it, so that a rotation that is broken
 * off locks nobody out for good.
 */
export function postgresSingleUser(
  settings: SettingsOf<"postgresSingleUser">,
  versions: SecretVersions,
  onProgress?: OnProgress,
): RotationStrategy {
  return postgresStrategy(
    settings,
    versions,
    {
      names: [settings.username],
      roles: [settings.username],
      next: () => settings.username,
      install: (admin, { username, password }) => setPassword(admin, username, password),
    },
    onProgress,
  );
}
