import { Option, type Command } from "commander";
import { formatOverview, OVERVIEW_FORMATS, type OverviewFormat } from "../../promotion/report/format";
import { EXIT_STATUS } from "../exit-status";
import { recoverPins } from "../project/change-pin";
import { openProject } from "../project/project";
import { chainOf } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import { readOverview } from "../reports/read-overview";
import { wantedFormat, writeReport, type ReportOptions } from "../reports/report-output";
import type { CommonOptions } from "../terminal";
import { newCommand, type CommandRunner } from "./command";

interface ReportCommandOptions extends CommonOptions, ReportOptions<OverviewFormat> {}

export function reportCommand(run: CommandRunner): Command {
  return newCommand("report", "write what runs where as a page: releases, steps, colours, applies, next backups", {
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
        const { surroundings, terminal } = context;
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const systems = system === undefined ? synthesis.systems : chainOf(synthesis, system);
        terminal.announce("reading ledgers and records…");
        const overview = await readOverview(project, systems, surroundings.environment);
        const format = options.json ? "json" : (wantedFormat(options, OVERVIEW_FORMATS) ?? "html");
        writeReport(formatOverview(overview, format), options.out, context);
        const lanes = overview.systems.flatMap(({ environments }) => environments);
        return lanes.some(({ unreadable }) => unreadable.length > 0) ? EXIT_STATUS.error : EXIT_STATUS.done;
      }),
    );
}
