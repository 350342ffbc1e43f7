import { LONGEST_KEY } from "../objects/assert-uploadable";
import type { PlacedObject } from "./place";

/** Why objects cannot be stored in a bucket: `"path" (reason)`. S3 and Cloud Storage have the same longest key. */
export function bucketKeyProblems(objects: readonly PlacedObject[], prefix: string, largest: number): string[] {
  return objects.flatMap(({ path, size }) => {
    const problem =
      Buffer.byteLength(prefix + path) > LONGEST_KEY
        ? `its key has more than ${LONGEST_KEY} bytes`
        : size > largest
          ? `${size} bytes, more than the ${largest} that the store takes`
          : undefined;
    return problem === undefined ? [] : [`${JSON.stringify(path)} (${problem})`];
  });
}
