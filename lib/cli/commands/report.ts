import { Option, type Command } from "commander";
import { extname, resolve } from "node:path";
import { formatOverview, OVERVIEW_FORMATS, type OverviewFormat } from "../../promotion/format-report";
import { writeWholeFile } from "../../core/replace-file";
import { report } from "../../toolkit/report";
import { EXIT_STATUS, newCommand, type CommandRunner, type CommandContext } from "../terminal/command";
import { inProject } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";

interface ReportCommandOptions extends CommonOptions, ReportOptions<OverviewFormat> {}

export function reportCommand(run: CommandRunner): Command {
  return newCommand("report", "write a page about what runs where: releases, steps, colors, applies, next backups", {
    "sterna report --out report.html": "all systems in all environments, in one file that needs no network",
    "sterna report app-ef --format markdown": "one system, to the standard output",
    "sterna report --json": "for a pipeline; exit status 1 when a ledger or records cannot be read",
  })
    .argument("[system]", "only this system")
    .addOption(
      new Option("--format <format>", "form of the report (default: by the file's ending, else html)").choices([
        ...OVERVIEW_FORMATS,
      ]),
    )
    .option("--out <file>", "write to this file instead of the standard output")
    .action((system: string | undefined, options: ReportCommandOptions) =>
      run(options, async (context) => {
        const overview = await report(inProject(context).toolkit, system === undefined ? {} : { system });
        const format = options.json ? "json" : (wantedFormat(options, OVERVIEW_FORMATS) ?? "html");
        writeReport(formatOverview(overview, format), options.out, context);
        const lanes = overview.systems.flatMap(({ environments }) => environments);
        return lanes.some(({ unreadable }) => unreadable.length > 0) ? EXIT_STATUS.error : EXIT_STATUS.done;
      }),
    );
}

/** Options of a command that writes a report. */
export interface ReportOptions<Format extends string> {
  readonly format?: Format;
  /** Output file, relative to the project's folder. */
  readonly out?: string;
}

const FORMATS = new Map([
  [".html", "html"],
  [".htm", "html"],
  [".md", "markdown"],
  [".json", "json"],
  [".txt", "text"],
]);

/** The requested format: by name, otherwise by file extension. Undefined if neither determines it. */
export function wantedFormat<Format extends string>(
  { format, out }: ReportOptions<Format>,
  formats: readonly Format[],
): Format | undefined {
  if (format !== undefined || out === undefined) return format;
  const meant = FORMATS.get(extname(out).toLowerCase());
  return formats.find((known) => known === meant);
}

/**
 * Writes a report to its file, whole or not at all, or to standard output.
 *
 * @param pieces the report, in pieces
 * @throws SternaError `FileUnwritable`
 */
export async function writeReport(
  pieces: Iterable<string>,
  out: string | undefined,
  { surroundings, terminal }: CommandContext,
): Promise<void> {
  if (out === undefined) return terminal.write(pieces);
  const readableByAll = 0o644;
  writeWholeFile(resolve(surroundings.directory, out), pieces, { mode: readableByAll });
  terminal.report(`The report is in ${out}.`);
}
