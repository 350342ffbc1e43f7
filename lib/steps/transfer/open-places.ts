import { resolve } from "node:path";
import type { StepContext } from "../../engine/step-kind";
import type { TransferPlace, TransferProgram } from "./program";
import { describeText } from "../../manifest/text";
import { DirectoryPlace } from "./directory-place";
import { GcsPlace } from "./gcs-place";
import type { Place } from "./place";
import { S3Place } from "./s3-place";

/** Source and target of a transfer. */
export interface Places {
  readonly from: Place;
  readonly to: Place;
}

/** Opens both places, and closes them after the work. */
export async function withPlaces<T>(
  program: TransferProgram,
  context: StepContext,
  work: (places: Places) => Promise<T>,
): Promise<T> {
  const from = await openPlace(program.from, "source", program, context);
  try {
    // A link in the target would divert the copies to another location.
    const to = await openPlace(program.to, "target", { ...program, symlinks: "refuse" }, context);
    try {
      return await work({ from, to });
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** A place, for the plan. Makes no requests. */
export function describePlace(place: TransferPlace): string {
  switch (place.store) {
    case "directory":
      return describeText(place.path);
    case "s3":
      return `s3://${describeText(place.bucket)}/${place.prefix}`;
    case "gcs":
      return `gs://${describeText(place.bucket)}/${place.prefix}`;
  }
}

async function openPlace(
  place: TransferPlace,
  role: "source" | "target",
  { transfer, symlinks }: TransferProgram,
  context: StepContext,
): Promise<Place> {
  switch (place.store) {
    case "directory":
      return new DirectoryPlace(resolve(context.resolve(place.path)), role, symlinks, transfer);
    case "s3": {
      const region = place.region === undefined ? undefined : context.resolve(place.region);
      return S3Place.open(context.resolve(place.bucket), region, place.prefix);
    }
    case "gcs":
      return new GcsPlace(context.resolve(place.bucket), place.prefix);
  }
}
