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
 * Writes a report into its file, or to the standard output.
 *
 * @throws SternaError `FileUnwritable`
 */
export function writeReport(text: string, out: string | undefined, { surroundings, terminal }: CommandContext): void {
  if (out === undefined) {
    terminal.showLive(undefined);
    surroundings.stdout.write(text);
    return;
  }
  const readableByAll = 0o644;
  replaceFile(resolve(surroundings.directory, out), text, readableByAll);
  terminal.report(`The report is in ${out}.`);
}
