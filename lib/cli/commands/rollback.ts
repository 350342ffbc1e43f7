import type { Command } from "commander";
import { rollback, type RollbackPreview, type RollbackStep } from "../../toolkit/rollback";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { addLockTimeout, type LockOptions } from "../terminal/lock-timeout";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions, Terminal } from "../terminal/terminal";
import { showPlanned } from "./plan";

interface RollbackCommandOptions extends CommonOptions, LockOptions {
  readonly to: string;
  /** `false` after `--no-plan`. */
  readonly plan: boolean;
}

export function rollbackCommand(run: CommandRunner): Command {
  const examples = { "sterna rollback app-ef production --to 0.1.0": "undo everything that came after 0.1.0" };
  const head = ["rollback", "go back to an older release: show what is undone, lower the pin, plan", examples] as const;
  const command = stackCommand<RollbackCommandOptions>(
    run,
    [...head],
    async (stack, { to, plan: wantsPlan }, context) => {
      const { terminal } = context;
      const { system, environment } = stack;
      const onPreview = (preview: RollbackPreview) => terminal.print(rollbackText(preview, terminal.colors));
      const done = await rollback(context.toolkit, { ...stack, to, plan: wantsPlan, onPreview });
      if (!done.rolledBack) {
        terminal.printJson({ system, environment, to, rolledBack: false });
        terminal.print(`Nothing to do: ${system} in ${environment} is pinned to ${to} already.`);
        return EXIT_STATUS.done;
      }
      const ids = (steps: readonly RollbackStep[]) => steps.map(({ id }) => id);
      const losses = done.undo.map(({ id, since, loss }) => ({ id, since, loss }));
      const facts = { from: done.from, to, undo: ids(done.undo), keep: ids(done.keep), losses };
      if (done.plan !== undefined) return showPlanned(done.plan, context, facts);
      terminal.printJson({ system, environment, ...facts });
      return EXIT_STATUS.changes;
    },
  )
    .requiredOption("--to <release>", "release to go back to")
    .option("--no-plan", "lower the pin in releases.json and leave the plan to the pipeline");
  return addLockTimeout(command);
}

/** The effect of a rollback on each step, for display. */
function rollbackText(
  { system, environment, from, to, undo, keep, blocked }: RollbackPreview,
  { bold, dim, red }: Terminal["colors"],
): string {
  const section = (title: string, found: readonly RollbackStep[], lines: (step: RollbackStep) => readonly string[]) => {
    if (found.length === 0) return [];
    const steps = found.flatMap((step, index) => [
      `  ${index + 1}. ${step.id}  ${step.title} ${dim(`(release ${step.release})`)}`,
      ...lines(step).map((line) => dim(`       ${line}`)),
    ]);
    return [title, ...steps, ""];
  };
  const lines = [
    ...section("Will be undone, in this order:", undo, ({ undo: preview }) => preview),
    ...section("Stays as it is:", keep, () => []),
    ...section(red("Cannot be undone:"), blocked, ({ reason }) => [`because ${reason}`]),
  ];
  return [
    bold(`${system} in ${environment}: from release ${from} back to ${to}\n`),
    ...(lines.length === 0 ? ["No step of a newer release was applied.\n"] : lines),
  ].join("\n");
}
