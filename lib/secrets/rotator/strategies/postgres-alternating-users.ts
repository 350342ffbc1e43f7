import { SternaError } from "../../../core/sterna-error";
import { copySettings } from "../postgres/role-settings";
import { roleExists, setPassword } from "../postgres/roles";
import { shareOwner } from "../postgres/share-owner";
import type { OnProgress, RotationStrategy } from "../rotation-strategy";
import type { SecretVersions } from "../secret-versions";
import type { SettingsOf } from "../settings";
import { postgresStrategy } from "./postgres-users";

/**
 * Two users take turns: the new password goes to the one that is not in use, so that at every moment the current
 * secret logs in, and the previous one until the next rotation. Both act as one role, which owns what they make.
 */
export function postgresAlternatingUsers(
  settings: SettingsOf<"postgresAlternatingUsers">,
  versions: SecretVersions,
  onProgress?: OnProgress,
): RotationStrategy {
  const { username, ownerRole } = settings;
  const clone = `${username}_clone`;
  return postgresStrategy(
    settings,
    versions,
    {
      names: [username, clone],
      roles: [username, clone, ownerRole],
      next: (current) => (current === username ? clone : username),
      async install(admin, login, current) {
        if (login.username === current) {
          throw new SternaError(
            "RotationLost",
            `the pending value of ${versions.secretId} is for "${login.username}", who is in use; another password would ` +
              "end the current one. Take AWSPENDING off that version and rotate again",
          );
        }
        await setPassword(admin, login.username, login.password);
        if (login.username === clone && (await roleExists(admin, username))) await copySettings(admin, username, clone);
        const users = [username, clone];
        const existing = await Promise.all(users.map((user) => roleExists(admin, user)));
        await shareOwner(
          admin,
          ownerRole,
          users.filter((_, index) => existing[index]),
        );
      },
    },
    onProgress,
  );
}
