import { type Command, InvalidArgumentError } from "commander";
import type { ApplyRecord } from "../../promotion/records/apply-record";
import { allRecords } from "../../toolkit/project/records";
import { findSystem, readSynthesis } from "../../toolkit/project/stacks";
import { openSystems } from "../../toolkit/toolkit";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import { inProject, type ProjectContext } from "../terminal/stack-command";
import { tableLines } from "../terminal/table";
import type { CommonOptions, Terminal } from "../terminal/terminal";

interface HistoryOptions extends CommonOptions {
  readonly limit: number;
}

const LIMIT = 20;

export function historyCommand(run: CommandRunner): Command {
  return newCommand("history", "list past applies: who applied which release, when, with which result", {
    "sterna history": "all systems in all environments, newest first",
    "sterna history app-ef production --limit 5": "the last five applies in production",
    "sterna history app-ef --json": "whole records, with steps and digests",
  })
    .argument("[system]", "only this system")
    .argument("[environment]", "only this environment")
    .option("--limit <count>", "how many applies to list", requireCount, LIMIT)
    .action((system: string | undefined, environment: string | undefined, options: HistoryOptions) =>
      run(options, async (context) => {
        const records = await findRecords(inProject(context), system, environment);
        const newest = records.sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1)).slice(0, options.limit);
        context.terminal.printJson({ applies: newest });
        context.terminal.print(historyText(newest, context.terminal.colors));
        return EXIT_STATUS.done;
      }),
    );
}

async function findRecords({ toolkit }: ProjectContext, system?: string, environment?: string): Promise<ApplyRecord[]> {
  const systems = await openSystems(toolkit, system === undefined ? {} : { system });
  const wanted = systems.filter((each) => environment === undefined || each.environment === environment);
  if (wanted.length === 0) {
    // Throws an error with the known environments.
    findSystem(readSynthesis(toolkit.project), system!, environment!);
  }
  const records = await Promise.all(wanted.map(({ stack }) => allRecords(toolkit.project, stack)));
  return records.flat().map(({ record }) => record);
}

/** One line for each apply, and the failed steps. */
function historyText(records: readonly ApplyRecord[], { bold, dim, green, red }: Terminal["colors"]): string {
  if (records.length === 0) return "No apply is recorded.";
  const cells = (record: ApplyRecord) => [
    record.startedAt.slice(0, 16).replace("T", " "),
    record.stack,
    record.release,
    describe(record),
    record.by,
  ];
  const [headings, ...lines] = tableLines(
    [["when (UTC)", "stack", "release", "what", "by"], ...records.map(cells)],
    "  ",
  );
  const signs = { applied: green("✓"), failed: red("✗"), interrupted: red("!") };
  return [
    `  ${bold(headings!)}`,
    ...records.flatMap((record, index) => [
      `${signs[record.result]} ${lines[index]}`,
      ...record.errors.map((error) => dim(`    ${error.split("\n")[0]}`)),
    ]),
  ].join("\n");
}

function describe({ result, steps, resources: { add, change, destroy } }: ApplyRecord): string {
  const done = steps.filter(({ status }) => status === "done").length;
  const resources = [
    [add, "added"],
    [change, "changed"],
    [destroy, "destroyed"],
  ] as const;
  const parts = [
    ...(steps.length === 0 ? [] : [`${done}/${steps.length} steps`]),
    ...resources.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`),
  ];
  return `${result}: ${parts.join(", ") || "nothing changed"}`;
}

function requireCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a whole number of 1 or more.`);
}
