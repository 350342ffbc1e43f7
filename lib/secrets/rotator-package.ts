import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import { ValidationError } from "../core/validation-error";

/** This file is in `lib/secrets` of a checkout, or in `dist/lib/secrets` when installed. */
const PLACES = ["../../dist/rotator", "../../rotator"].map((place) => join(__dirname, place, "rotator.zip"));

/**
 * The rotation function's zip, which is part of this package.
 *
 * @throws ValidationError `RotatorNotBuilt`
 */
export function rotatorZip(construct: Construct): string {
  const found = PLACES.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ValidationError(
    "RotatorNotBuilt",
    "the zip of the rotation function is missing. In a checkout of Sterna, write it with: node scripts/build.mjs rotator",
    construct,
  );
}
