import { randomUUID } from "node:crypto";
import { rotate, type RotationResult } from "../rotate";
import type { Rotation } from "../rotation-step";

/**
 * Does a whole rotation of a secret of Google Secret Manager. One that was broken off is finished, and then no other one
 * is begun: two in a row would end values that services still have, since `latest` lags behind.
 *
 * @param newToken id of the rotation, where one is begun. @default - a random one
 * @throws SternaError as `rotationStep`
 */
export async function rotateGoogleSecret(rotation: Rotation, newToken: string = randomUUID()): Promise<RotationResult> {
  const { pending } = await rotation.versions.stages();
  return { ...(await rotate(rotation, pending ?? newToken)), resumed: pending !== undefined };
}
