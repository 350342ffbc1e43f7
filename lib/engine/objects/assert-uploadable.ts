import { stat } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error";
import { mapConcurrently } from "../files/concurrently";
import { sourceChanged } from "../files/manifest";
import { someOf } from "../some-of";
import { RESERVED_PREFIX } from "./copy-manifest";

/** The largest object of a single `PutObject`, in bytes (Amazon S3 User Guide, "Uploading objects"). */
const LARGEST_OBJECT = 5 * 1024 ** 3;

/** The longest key, in UTF-8 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
export const LONGEST_KEY = 1024;

/**
 * Looks at names and sizes, before anything is digested or copied.
 *
 * @throws EngineError `SourceRefused`, naming every file that cannot be an object
 */
export async function assertUploadable(
  root: string,
  files: readonly string[],
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const problems = await mapConcurrently(files, 8, signal, async (path) => {
    const problem = nameProblem(prefix + path) ?? sizeProblem(await sizeOf(root, path));
    return problem === undefined ? [] : [`${JSON.stringify(path)} (${problem})`];
  });
  const refused = problems.flat();
  if (refused.length === 0) return;
  throw new EngineError("SourceRefused", `${refused.length} files cannot become objects: ${someOf(refused)}`);
}

function nameProblem(key: string): string | undefined {
  if (Buffer.byteLength(key) > LONGEST_KEY) return `its key has more than ${LONGEST_KEY} bytes`;
  return key.startsWith(RESERVED_PREFIX) ? `${RESERVED_PREFIX} is kept for Sterna` : undefined;
}

function sizeProblem(bytes: number): string | undefined {
  return bytes > LARGEST_OBJECT ? `${bytes} bytes, more than 5 GiB: use BucketTransfer` : undefined;
}

async function sizeOf(root: string, path: string): Promise<number> {
  try {
    return (await stat(join(root, path))).size;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? sourceChanged(path, "it disappeared") : error;
  }
}
