import { randomUUID } from "node:crypto";
import { ROTATION_STEPS, rotationStep, type Rotation } from "./rotation-step";

/** What a whole rotation did. */
export interface RotationResult {
  /** Id of the version that is current now. */
  readonly versionId: string;

  /** Whether a rotation that had been broken off was finished, instead of beginning another. */
  readonly resumed: boolean;
}

/**
 * Does all steps of a rotation here. One that was broken off is finished, with its own token.
 *
 * @param newToken id of the version, where one is made. @default - a random one
 * @throws SternaError as `rotationStep`
 */
export async function rotate(rotation: Rotation, newToken: string = randomUUID()): Promise<RotationResult> {
  const { pending, current } = await rotation.versions.stages();
  const resumed = pending !== undefined && pending !== current;
  const token = pending !== undefined && resumed ? pending : newToken;
  for (const step of ROTATION_STEPS) await rotationStep(rotation, step, token);
  return { versionId: token, resumed };
}
