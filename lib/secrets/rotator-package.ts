import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import { ValidationError } from "../core/validation-error";

/** This file is in `lib/secrets` of a checkout, or in `dist/lib/secrets` when installed. */
const PLACES = ["../../dist/rotator", "../../rotator"].map((place) => join(__dirname, place));

/**
 * The zip of a rotation function, which is part of this package: `rotator.zip` for AWS Lambda, `google-rotator.zip` for
 * Cloud Run functions.
 *
 * @throws ValidationError `RotatorNotBuilt`
 */
export function rotatorZip(construct: Construct, file: "rotator.zip" | "google-rotator.zip" = "rotator.zip"): string {
  const found = PLACES.map((place) => join(place, file)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ValidationError(
    "RotatorNotBuilt",
    "the zip of the rotation function is missing. In a checkout of Sterna, write it with: node scripts/build.mjs rotator",
    construct,
  );
}
