import { readUtf8File } from "../core/read-file";

/** Scripts in files of the project. */
export const Script = {
  /**
   * The text of a file. It becomes part of the program: what was reviewed in the plan is what runs, even if the file
   * changes in between. A byte order mark is removed and line breaks are normalized to line feeds, so that a checkout
   * on Windows produces the same program.
   *
   * @param path absolute, or relative to the project
   * @throws SternaError `FileUnreadable`, `FileNotUtf8`
   */
  fromFile(path: string): string {
    return readUtf8File(path, `the script ${path}`).replace(/\r\n/g, "\n");
  },
} as const;
