import { Option, type Command } from "commander";
import { RefusedError, SternaError } from "../../core/errors";
import type { Repair } from "../../engine/executor/adopt-step";
import type { StepDefinition } from "../../manifest/step-record";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import { readOwnLedgers } from "../../toolkit/ledgers/system-status";
import { whoRuns, writeRepair } from "../../toolkit/project/records";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { askStack } from "../../toolkit/stack-worker/ask-stack";
import { openStack, type Toolkit } from "../../toolkit/toolkit";
import type { CommonOptions } from "../terminal/terminal";
import { describeKnown } from "../../core/nearest";

interface RepairOptions extends CommonOptions {
  readonly as: Repair["as"];
  readonly reason: string;
}

export function ledgerRepairCommand(run: CommandRunner): Command {
  const examples = {
    'sterna ledger repair app-ef staging load-projects --as applied --reason "loaded with COPY, #41"': "it is done",
    'sterna ledger repair app-ef staging load-projects --as removed --reason "truncated, #41"': "it is undone",
  };
  const about = "make the ledger say what was finished, or undone, by hand; runs nothing";
  return stackCommand<RepairOptions>(run, ["repair", about, examples], async (wanted, options, context, step = "") => {
    const { surroundings, terminal, toolkit } = context;
    const { project } = toolkit;
    const stack = await openStack(toolkit, wanted);
    const definition = await findDefinition(toolkit, stack, step);
    const repair = { as: options.as, reason: requireReason(options.reason), by: whoRuns(surroundings.environment) };
    const work = { action: "repair" as const, steps: [definition], repair };
    const [answer] = await askStack(project, stack, work, toolkit, (id) => `editing the row of ${id}…`);
    if (answer?.repaired === undefined) throw refusal(answer?.error);

    const { was, is } = answer.repaired;
    const changed = was !== is;
    const record = changed ? writeRepair(project, stack.stack, { step, ...repair, was, is }) : undefined;
    terminal.printJson({ ...wanted, step, ...repair, was, is, changed });
    terminal.print(changed ? `${step}: ${was} → ${is}` : `Nothing to do: ${step} is ${is} already.`);
    const plan = `sterna plan ${stack.system} ${stack.environment}`;
    if (record !== undefined) terminal.print(`Noted in ${record}. Now: ${plan}`);
    return EXIT_STATUS.done;
  })
    .argument("<step>", "id of the step")
    .addOption(
      new Option("--as <state>", "what is true of the step").choices(["applied", "removed"]).makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "why; kept in the row and in .sterna/records");
}

/** The declared step or, if it is no longer declared, the step recorded in its row. */
async function findDefinition(
  { project, surroundings }: Toolkit,
  stack: SynthesizedSystem,
  step: string,
): Promise<StepDefinition> {
  const declared = stack.definitions.get(step);
  if (declared !== undefined) return declared;
  const { rows, unreadable } = await readOwnLedgers(project, stack, surroundings.environment);
  const row = rows.get(step);
  if (row !== undefined) return row;
  if (unreadable[0] !== undefined) throw new SternaError("LedgerUnreachable", unreadable[0].message);
  const known = [...new Set([...stack.definitions.keys(), ...rows.keys()])];
  throw new SternaError(
    "StepUnknown",
    `neither the stack ${stack.stack} nor its ledger holds a step "${step}": ${describeKnown(step, known)}`,
  );
}

function requireReason(reason: string): string {
  if (reason.trim() !== "") return reason.trim();
  throw new SternaError("ReasonMissing", 'got an empty --reason; write why, such as --reason "loaded with COPY, #41"');
}

function refusal(error: { readonly code: string; readonly message: string } | undefined): SternaError {
  const { code = "StackWorkerFailed", message = "the row was not edited" } = error ?? {};
  return code === "StepBusy" ? new RefusedError(code, message) : new SternaError(code as SternaError["code"], message);
}
