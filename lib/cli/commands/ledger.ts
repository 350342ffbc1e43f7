import { Command } from "commander";
import { join } from "node:path";
import { SternaError } from "../../core/errors";
import { describeKnown } from "../../core/nearest";
import { holdsPassword } from "../../core/secrets-in-text";
import { moveLedger, type LedgerMove } from "../../engine/ledgers/move-ledger";
import { openLedger, parseLedgerConfig } from "../../engine/ledgers/open-ledger";
import type { LedgerConfig } from "../../manifest/ledger-config";
import type { StepRecord } from "../../manifest/step-record";
import type { Text } from "../../manifest/text";
import { HomeLedgers } from "../../toolkit/ledgers/read-ledgers";
import { readOwnLedgers } from "../../toolkit/ledgers/system-status";
import { variablesOf } from "../../toolkit/project/project";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { openStack } from "../../toolkit/toolkit";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import { tableLines } from "../terminal/table";
import type { CommonOptions, Terminal } from "../terminal/terminal";
import { ledgerRepairCommand } from "./ledger-repair";

interface MoveOptions extends CommonOptions {
  readonly to: string;
}

export function ledgerCommand(run: CommandRunner): Command {
  return new Command("ledger")
    .description("inspect, repair, or move the record of applied steps")
    .addCommand(listCommand(run))
    .addCommand(showCommand(run))
    .addCommand(moveCommand(run))
    .addCommand(ledgerRepairCommand(run));
}

function listCommand(run: CommandRunner): Command {
  const examples = { "sterna ledger list app-ef staging": "each row, oldest first" };
  const head = ["list", "list what the ledgers of a stack hold", examples] as const;
  return stackCommand<CommonOptions>(run, [...head], async (wanted, _options, { surroundings, terminal, toolkit }) => {
    const stack = await openStack(toolkit, wanted);
    const { rows, unreadable } = await readOwnLedgers(toolkit.project, stack, surroundings.environment);
    const oldestFirst = [...rows.values()].sort((a, b) => a.startedAt.localeCompare(b.startedAt, "en"));
    terminal.printJson({ ...wanted, rows: oldestFirst, unreadable });
    terminal.print(ledgerTable(oldestFirst, terminal.colors));
    for (const { code, message } of unreadable) terminal.print(terminal.colors.red(`${code}: ${message}`));
    return unreadable.length > 0 ? EXIT_STATUS.error : EXIT_STATUS.done;
  });
}

function showCommand(run: CommandRunner): Command {
  const examples = { "sterna ledger show app-ef staging load-projects": "what was applied, when, and what undoes it" };
  const head = ["show", "show one row of a ledger, with the program that was recorded", examples] as const;
  return stackCommand<CommonOptions>(run, [...head], async (wanted, _options, context, step = "") => {
    const { surroundings, terminal, toolkit } = context;
    const stack = await openStack(toolkit, wanted);
    const { rows, unreadable } = await readOwnLedgers(toolkit.project, stack, surroundings.environment);
    const row = rows.get(step);
    if (row === undefined) {
      if (unreadable[0] !== undefined) throw new SternaError("LedgerUnreachable", unreadable[0].message);
      throw new SternaError(
        "StepUnknown",
        `the ledger of ${stack.system} in ${stack.environment} holds no step "${step}": ${describeKnown(step, [...rows.keys()])}`,
      );
    }
    terminal.printJson(row);
    terminal.print(rowText(row, terminal.colors));
    return EXIT_STATUS.done;
  }).argument("<step>", "id of the step");
}

function moveCommand(run: CommandRunner): Command {
  const examples = {
    [`sterna ledger move app-ef staging --to '{"kind":"s3","bucket":"example-ledger"}'`]: "from files to a bucket",
    [`sterna ledger move app-ef staging --to '{"kind":"file","directory":".sterna/ledger"}'`]: "and back",
  };
  const about = "copy a stack's ledger to another place, check the copy, and say what to change";
  return stackCommand<MoveOptions>(run, ["move", about, examples], async (wanted, options, context) => {
    const { terminal, surroundings, toolkit } = context;
    const { project } = toolkit;
    const stack = await openStack(toolkit, wanted);
    const target = parseMoveTarget(options.to, project.directory, stack.stack);
    const variables = variablesOf(project, stack.environment, surroundings.environment);
    const source = parseLedgerConfig(stack.ledger, `the ledger of ${stack.stack}`);
    const from = openLedger(source, stack, variables);
    const to = openLedger(target.config, stack, variables);
    const homes = new HomeLedgers(variables, stack);
    try {
      terminal.announce(`copying from ${from.location} to ${to.location}…`);
      const move = await moveLedger(from, to, (row) => homes.of(row));
      terminal.showLive(undefined);
      terminal.printJson({ ...wanted, from: from.location, to: to.location, ...move, code: target.code });
      terminal.print(ledgerMoveText(move, { from: from.location, to: to.location, stack, code: target.code }));
      return EXIT_STATUS.done;
    } finally {
      await Promise.all([from.close(), to.close(), homes.close()]);
    }
  }).requiredOption("--to <ledger>", "the new ledger, as JSON; never with a password in it");
}

type Colors = Terminal["colors"];

/** One line for each row. */
function ledgerTable(rows: readonly StepRecord[], { bold }: Colors): string {
  if (rows.length === 0) return "The ledger holds no steps.";
  const cells = [
    ["STEP", "STATUS", "RELEASE", "ATTEMPTS", "APPLIED"],
    ...rows.map(({ id, status, release, attempt, appliedAt }) => [id, status, release, `${attempt}`, appliedAt ?? ""]),
  ];
  const [headings, ...lines] = tableLines(cells);
  return [bold(headings!), ...lines].join("\n");
}

/** All details of a row. */
function rowText({ program, ...facts }: StepRecord, { bold }: Colors): string {
  const lines = Object.entries(facts).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${bold(`${name}:`)} ${text}`;
  });
  return [...lines, bold("program:"), JSON.stringify(program, undefined, 2)].join("\n");
}

/** What was moved, and what remains to be done. */
function ledgerMoveText(
  { copied, present, receipts, stale }: LedgerMove,
  { from, to, stack, code }: { from: string; to: string; stack: SynthesizedSystem; code: string },
): string {
  const rows = (count: number) => `${count} ${count === 1 ? "row" : "rows"}`;
  const already = present.length === 0 ? "" : `; ${rows(present.length)} of an earlier move were there already`;
  return [
    `${rows(copied.length)} copied from ${from} to ${to}, read back and found equal${already}.`,
    ...(receipts.length === 0
      ? []
      : [
          `${rows(receipts.length)} among them are receipts: ${receipts.join(", ")}. Such steps change a database, and their own row stays there, where it is written in the transaction of the change.`,
        ]),
    ...(stale.length === 0
      ? []
      : [
          `${rows(stale.length)} left behind, since the database does not hold the step any more: ${stale.join(", ")}.`,
        ]),
    "",
    `Now, before the next apply of ${stack.stack}:`,
    `  1. write   ledger: ${code}`,
    `     (where ${stack.environment} proves a later environment, write the same as proof: there)`,
    `  2. run     sterna plan ${stack.system} ${stack.environment}   and see that it changes no step`,
    `  3. remove  the old ledger, ${from}: nothing was deleted there`,
  ].join("\n");
}

/** Destination of a ledger move, from the command line. */
export interface MoveTarget {
  readonly config: LedgerConfig;

  /** The corresponding code. */
  readonly code: string;
}

/**
 * Parses `--to` of `sterna ledger move`. A directory has the same meaning as in `Ledger.file`: relative to the project,
 * with one directory per stack.
 *
 * @param project directory of the project
 * @param stack id of the stack whose ledger is moved
 * @throws EngineError `LedgerNotConfigured`; SternaError `LiteralPassword`
 */
export function parseMoveTarget(json: string, project: string, stack: string): MoveTarget {
  const config = parseLedgerConfig(json, "--to");
  if (config.kind === "file") {
    return {
      config: { ...config, directory: join(project, config.directory, stack) },
      code: `Ledger.file({ directory: ${JSON.stringify(config.directory)} })`,
    };
  }
  if (config.kind === "postgres") return { config, code: postgresCode(config) };
  const { kind, ...options } = config;
  return { config, code: `Ledger.${kind}(${propertiesOf(options)})` };
}

function postgresCode({ url, schema }: Extract<LedgerConfig, { kind: "postgres" }>): string {
  if (typeof url === "string" && holdsPassword(url)) {
    throw new SternaError(
      "LiteralPassword",
      'the URL in --to holds a password, which every process of this machine can read; set a variable and write {"kind":"postgres","url":{"env":"STERNA_LEDGER_URL"}}',
    );
  }
  return `Ledger.postgres({ url: ${codeOf(url)}, schema: ${JSON.stringify(schema)} })`;
}

function codeOf(url: Text): string {
  if (typeof url === "string" || "variable" in url) return JSON.stringify(url);
  if ("env" in url) return `SecretReference.environment(${JSON.stringify(url.env)})`;
  const { store, id, ...options } = url.secret;
  const rest = Object.keys(options).length === 0 ? "" : `, ${propertiesOf(options)}`;
  return `SecretReference.${store}(${JSON.stringify(id)}${rest})`;
}

function propertiesOf(options: object): string {
  const properties = Object.entries(options).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `{ ${properties.join(", ")} }`;
}
