import { SternaError } from "../../core/sterna-error";
import type { Credentials } from "./secret-keys";

/**
 * Refuses an administrator who would change his own password: the secret that the next step reads would be wrong.
 *
 * @throws SternaError `RotationOfAdministrator`
 */
export function refuseSelfAdministration({ username }: Credentials, rotated: readonly string[]): void {
  if (!rotated.includes(username)) return;
  throw new SternaError(
    "RotationOfAdministrator",
    `the administrator's secret is that of "${username}", who is rotated: after a rotation that is broken off nobody ` +
      "could log in to finish it. Name as adminSecretId the secret of another user, who may change this one",
  );
}
