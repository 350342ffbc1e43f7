import { readFileSync } from "node:fs";
import { SternaError } from "../core/errors";

/** Scripts that stand in files of the project. */
export const Script = {
  /**
   * The text of a file. It becomes part of the program: what is reviewed in the plan is what runs, whatever happens to
   * the file in between.
   *
   * @param path absolute, or relative to the project
   * @throws SternaError `FileUnreadable`
   */
  fromFile(path: string): string {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new SternaError("FileUnreadable", `the script ${path} cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
  },
} as const;
