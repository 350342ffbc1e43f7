import { Command } from "commander";
import { SternaError } from "../../core/sterna-error";
import { moveLedger } from "../../engine/ledgers/move-ledger";
import { openLedger, parseLedgerConfig } from "../../engine/ledgers/open-ledger";
import { EXIT_STATUS } from "../exit-status";
import { HomeLedgers } from "../ledgers/home-ledgers";
import { parseMoveTarget } from "../ledgers/move-target";
import { readOwnLedgers } from "../ledgers/system-status";
import { variablesOf } from "../project/environment-variables";
import { openProject, type Project } from "../project/project";
import { findSystem, type SynthesizedSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import type { CommonOptions } from "../terminal";
import { ledgerMoveText, ledgerTable, rowText } from "../text/ledger-text";
import { describeKnown } from "../text/nearest";
import { newCommand, type CommandContext, type CommandRunner } from "./command";
import { ledgerRepairCommand } from "./ledger-repair";

interface MoveOptions extends CommonOptions {
  readonly to: string;
}

export function ledgerCommand(run: CommandRunner): Command {
  return new Command("ledger")
    .description("look into the record of applied steps, mend it, or move it to another place")
    .addCommand(listCommand(run))
    .addCommand(showCommand(run))
    .addCommand(moveCommand(run))
    .addCommand(ledgerRepairCommand(run));
}

function listCommand(run: CommandRunner): Command {
  return newCommand("list", "list what the ledgers of a stack hold", {
    "sterna ledger list app-ef staging": "each row, oldest first",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .action((system: string, environment: string, options: CommonOptions) =>
      run(options, async (context) => {
        const { project, stack } = await findStack(context, system, environment);
        const { rows, unreadable } = await readOwnLedgers(project, stack, context.surroundings.environment);
        const { terminal } = context;
        const oldestFirst = [...rows.values()].sort((a, b) => a.startedAt.localeCompare(b.startedAt, "en"));
        terminal.printJson({ system, environment, rows: oldestFirst, unreadable });
        terminal.print(ledgerTable(oldestFirst, terminal.colors));
        for (const { code, message } of unreadable) terminal.print(terminal.colors.red(`${code}: ${message}`));
        return unreadable.length > 0 ? EXIT_STATUS.error : EXIT_STATUS.done;
      }),
    );
}

function showCommand(run: CommandRunner): Command {
  return newCommand("show", "show one row of a ledger, with the program that was recorded", {
    "sterna ledger show app-ef staging load-projects": "what was applied, when, and what undoes it",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .argument("<step>", "id of the step")
    .action((system: string, environment: string, step: string, options: CommonOptions) =>
      run(options, async (context) => {
        const { project, stack } = await findStack(context, system, environment);
        const { rows, unreadable } = await readOwnLedgers(project, stack, context.surroundings.environment);
        const row = rows.get(step);
        if (row === undefined) {
          if (unreadable[0] !== undefined) throw new SternaError("LedgerUnreachable", unreadable[0].message);
          throw new SternaError(
            "StepUnknown",
            `the ledger of ${system} in ${environment} holds no step "${step}": ${describeKnown(step, [...rows.keys()])}`,
          );
        }
        context.terminal.printJson(row);
        context.terminal.print(rowText(row, context.terminal.colors));
        return EXIT_STATUS.done;
      }),
    );
}

function moveCommand(run: CommandRunner): Command {
  return newCommand("move", "copy a stack's ledger to another place, check the copy, and say what to change", {
    [`sterna ledger move app-ef staging --to '{"kind":"s3","bucket":"example-ledger"}'`]: "from files to a bucket",
    [`sterna ledger move app-ef staging --to '{"kind":"file","directory":".sterna/ledger"}'`]: "and back",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .requiredOption("--to <ledger>", "the new ledger, as JSON; never with a password in it")
    .action((system: string, environment: string, options: MoveOptions) =>
      run(options, async (context) => {
        const { terminal, surroundings } = context;
        const { project, stack } = await findStack(context, system, environment);
        const target = parseMoveTarget(options.to, project.directory, stack.stack);
        const variables = variablesOf(project, environment, surroundings.environment);
        const source = parseLedgerConfig(stack.ledger, `the ledger of ${stack.stack}`);
        const from = openLedger(source, stack, variables);
        const to = openLedger(target.config, stack, variables);
        const homes = new HomeLedgers(variables, stack);
        try {
          terminal.announce(`copying from ${from.location} to ${to.location}…`);
          const move = await moveLedger(from, to, (row) => homes.of(row));
          terminal.showLive(undefined);
          terminal.printJson({ system, environment, from: from.location, to: to.location, ...move, code: target.code });
          terminal.print(ledgerMoveText(move, { from: from.location, to: to.location, stack, code: target.code }));
          return EXIT_STATUS.done;
        } finally {
          await Promise.all([from.close(), to.close(), homes.close()]);
        }
      }),
    );
}

async function findStack(
  { surroundings, terminal }: CommandContext,
  system: string,
  environment: string,
): Promise<{ readonly project: Project; readonly stack: SynthesizedSystem }> {
  const project = openProject(surroundings.directory);
  const synthesis = await synthesize(project, surroundings.environment, terminal);
  return { project, stack: findSystem(synthesis, system, environment) };
}
