import { Option, type Command } from "commander";
import { counted } from "../../promotion/report/outline";
import { apply, type Application, type ApplyOptions } from "../../toolkit/apply";
import type { Plan } from "../../toolkit/plan";
import { EXIT_STATUS, type ExitStatus, type CommandContext, type CommandRunner } from "../terminal/command";
import { addLockTimeout, type LockOptions } from "../terminal/lock-timeout";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";
import { showPlan } from "./plan";

export interface ApproveOptions extends CommonOptions, LockOptions {
  readonly autoApprove?: boolean;
}

interface ApplyCommandOptions extends ApproveOptions {
  readonly reviewed?: string;
}

export function applyCommand(run: CommandRunner): Command {
  const examples = {
    "sterna apply app-ef staging": "the saved plan; without one, plans and asks",
    "sterna apply app-ef staging --auto-approve": "without one, plans and applies without asking",
    "sterna apply app-ef staging --reviewed review.json": "plans again, and applies what was reviewed, or nothing",
  };
  const head = ["apply", "apply the saved plan, exactly as it was reviewed", examples] as const;
  const command = stackCommand<ApplyCommandOptions>(
    run,
    [...head],
    async (stack, { reviewed, ...options }, context) => {
      const approval = approvalOf(options, context);
      const applied = await apply(context.toolkit, { ...stack, ...approval, ...(reviewed && { reviewed }) });
      return showApplied(applied, context);
    },
  )
    .option("--auto-approve", "apply without a saved plan and without asking, also in a protected environment")
    .addOption(
      new Option("--reviewed <file>", "apply only what is in this file of `sterna plan --review`").conflicts(
        "autoApprove",
      ),
    );
  return addLockTimeout(command);
}

/** Shows a plan made for an apply, and asks for approval on a terminal. */
export function approvalOf(
  { autoApprove = false }: ApproveOptions,
  context: CommandContext,
): Pick<ApplyOptions, "approve" | "onPlan"> {
  const { terminal } = context;
  const onPlan = (plan: Plan) => showPlan(plan, context);
  if (autoApprove) return { onPlan, approve: true };
  if (!terminal.interactive) return { onPlan };
  return { onPlan, approve: ({ environment }) => terminal.confirm(`\nApply this to ${environment}?`) };
}

/**
 * Reports the result of an apply.
 *
 * @param facts further output of the command
 */
export function showApplied(
  { record, recordFile }: Application,
  { terminal }: CommandContext,
  facts: Readonly<Record<string, unknown>> = {},
): ExitStatus {
  if (record === undefined) {
    terminal.print("Nothing was applied. The plan stays saved.");
    return EXIT_STATUS.changes;
  }
  const { system, environment, release, steps } = record;
  const done = steps.filter(({ status }) => status === "done").length;
  terminal.printJson({ ...facts, ...record, record: recordFile });
  terminal.print(
    `${system} in ${environment} runs release ${release}${done === 0 ? "" : `; ${counted(done, "step")} done`}.`,
  );
  if (recordFile !== undefined) terminal.print(`Record: ${recordFile}`);
  return EXIT_STATUS.done;
}
