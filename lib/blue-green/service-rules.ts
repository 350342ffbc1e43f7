import type { Construct } from "constructs";
import { report, SternaError, ValidationError } from "../core/errors";
import { isUnresolved } from "../core/tokens";
import type { Rollout } from "../manifest/rollout";

const IMAGE_BY_DIGEST = /^\S+@sha256:[0-9a-f]{64}$/;

/** Options of the services on both clouds. */
export interface BlueGreenServiceBaseProps {
  /** State of the rollout: `pins.rolloutOf(system, environment)`. Nothing else moves traffic. */
  readonly rollout: Rollout;

  /**
   * Environment variables of the container, the same for both colors. No secrets.
   * @default - none
   */
  readonly environmentVariables?: Readonly<Record<string, string>>;
}

/** Entries by name, since a list in a different order counts as a change. */
export function sortedByName<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * Reads the reference of a variable.
 *
 * @throws ValidationError the code of the reference, with the name of the variable
 */
export function naming<Result>(variable: string, construct: Construct, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    throw new ValidationError(error.code, `the secret ${variable}: ${error.message}`, construct);
  }
}

/** @throws ValidationError `ImageMissing`, `ImageWithoutDigest` */
export function requireImages(
  { images, rollout }: { readonly images: Readonly<Record<string, string>>; readonly rollout: Rollout },
  construct: Construct,
): void {
  for (const color of rollout.colors) {
    const release = rollout.releaseOf(color)!;
    const image = images[release];
    if (image === undefined) {
      const message = `${color} runs release ${release}, and \`images\` has no image for it, only for ${Object.keys(images).join(", ") || "none"}. Add "${release}": "<registry>/<repository>@sha256:<digest>"`;
      report(construct, "ImageMissing", message);
      continue;
    }
    if (isUnresolved(image) || IMAGE_BY_DIGEST.test(image)) continue;
    const message = `the image of release ${release} is "${image}", and a tag can point to something else tomorrow; write <registry>/<repository>@sha256:<64 hexadecimal digits>`;
    report(construct, "ImageWithoutDigest", message);
  }
}

/** @throws ValidationError `InvalidPort` */
export function requirePorts(ports: Readonly<Record<string, number>>, construct: Construct): void {
  for (const [name, port] of Object.entries(ports)) {
    if (isUnresolved(port) || (Number.isInteger(port) && port >= 1 && port <= 65535)) continue;
    report(construct, "InvalidPort", `\`${name}\` is ${port}; a TCP port is 1 to 65535`);
  }
}
