import { extname, resolve } from "node:path";
import type { CommandContext } from "../commands/command";
import { replaceFile } from "../project/write-file";

/** Options of a command that writes a report. */
export interface ReportOptions<Format extends string> {
  readonly format?: Format;
  /** File, from the project's folder. */
  readonly out?: string;
}

const FORMATS = new Map([
  [".html", "html"],
  [".htm", "html"],
  [".md", "markdown"],
  [".json", "json"],
  [".txt", "text"],
]);

/** The format that was asked for: by name, else by the ending of the file; nothing when neither says. */
export function wantedFormat<Format extends string>(
  { format, out }: ReportOptions<Format>,
  formats: readonly Format[],
): Format | undefined {
  if (format !== undefined || out === undefined) return format;
  const meant = FORMATS.get(extname(out).toLowerCase());
  return formats.find((known) => known === meant);
}

/**
 * Writes a report into its file, as a whole or not at all, or to the standard output.
 *
 * @param pieces the report, one piece after the other
 * @throws SternaError `FileUnwritable`
 */
export async function writeReport(
  pieces: Iterable<string>,
  out: string | undefined,
  { surroundings, terminal }: CommandContext,
): Promise<void> {
  if (out === undefined) return terminal.write(pieces);
  const readableByAll = 0o644;
  replaceFile(resolve(surroundings.directory, out), pieces, readableByAll);
  terminal.report(`The report is in ${out}.`);
}
