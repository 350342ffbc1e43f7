/** The longest name of a file, in UTF-8 bytes (POSIX `NAME_MAX` of the usual file systems). */
const LONGEST_NAME = 255;

/** Why keys cannot be paths of files below one directory: `"key" (reason)`. */
export function fileNameProblems(keys: readonly string[]): string[] {
  const files = new Set(keys);
  return keys.flatMap((key) => {
    const problem = nameProblem(key) ?? collision(key, files);
    return problem === undefined ? [] : [`${JSON.stringify(key)} (${problem})`];
  });
}

function nameProblem(key: string): string | undefined {
  const names = key.split("/");
  if (key.includes("\0")) return "a NUL character";
  if (key.endsWith("/")) return "a folder marker, not a file";
  if (names.includes("")) return "an empty name between slashes";
  if (names.includes(".") || names.includes("..")) return "a name that leads elsewhere";
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)) return `a name of more than ${LONGEST_NAME} bytes`;
  // A lone surrogate would be written as another character.
  return Buffer.from(key).toString() === key ? undefined : "it is not Unicode";
}

/** A name cannot be a file and a directory. */
function collision(key: string, files: ReadonlySet<string>): string | undefined {
  for (let end = key.lastIndexOf("/"); end > 0; end = key.lastIndexOf("/", end - 1)) {
    const parent = key.slice(0, end);
    if (files.has(parent)) return `${JSON.stringify(parent)} is an object as well`;
  }
  return undefined;
}
