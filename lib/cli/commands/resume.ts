import type { Command } from "commander";
import { applyPrepared } from "../../toolkit/apply";
import { readHalfApplied, type HalfAppliedStep } from "../../toolkit/ledgers/find-applied";
import type { CommandRunner } from "../terminal/command";
import { addLockTimeout } from "../terminal/lock-timeout";
import { stackCommand } from "../terminal/stack-command";
import type { Terminal } from "../terminal/terminal";
import { approvalOf, type ApproveOptions, showApplied } from "./apply";

export function resumeCommand(run: CommandRunner): Command {
  const examples = {
    "sterna resume app-ef staging": "what stopped where; then the saved plan, or a new one that is asked for",
    "sterna resume app-ef staging --auto-approve": "without asking, also in a protected environment",
  };
  const head = ["resume", "show what is half-applied and why, and apply again", examples] as const;
  const command = stackCommand<ApproveOptions>(run, [...head], async (wanted, options, context) => {
    const { terminal, toolkit } = context;
    let halfApplied: readonly HalfAppliedStep[] = [];
    const applied = await applyPrepared(toolkit, { ...wanted, ...approvalOf(options, context) }, async (stack) => {
      const { steps, unreadable } = await readHalfApplied(toolkit.project, stack, toolkit);
      for (const { code, message } of unreadable) terminal.report(terminal.colors.red(`${code}: ${message}`));
      terminal.print(`${halfAppliedText(steps, terminal.colors)}\n`);
      halfApplied = steps;
    });
    return showApplied(applied, context, { halfApplied });
  }).option("--auto-approve", "apply without a saved plan and without asking, also in a protected environment");
  return addLockTimeout(command);
}

/** What is half-applied and why, for display. */
function halfAppliedText(steps: readonly HalfAppliedStep[], { bold, dim, red, yellow }: Terminal["colors"]): string {
  if (steps.length === 0) return "Nothing is half-applied.";
  const lines = steps.flatMap((step) => [
    `  ${(step.status === "failed" ? red : yellow)(step.id)}  ${step.title} ${dim(`(${step.release})`)}`,
    `      ${describeState(step)}`,
    ...(step.error === undefined ? [] : [step.error.replace(/^/gm, "      ")]),
    `      ${describeNext(step)}`,
  ]);
  return [bold("Half-applied:"), ...lines].join("\n");
}

function describeState({ status, attempt, startedAt, worker }: HalfAppliedStep): string {
  const begun = `attempt ${attempt}, begun ${startedAt}`;
  if (status === "failed") return `failed in ${begun}`;
  const what = status === "running" ? "began to run" : "began to be undone";
  return worker === undefined
    ? `${what} (${begun}); no process works on it any more`
    : `${what} (${begun}); ${worker} works on it`;
}

function describeNext({ status, partial, onRetry, worker }: HalfAppliedStep): string {
  if (worker !== undefined) return "next: an apply waits for it, and goes on from what it leaves";
  if (status === "undoing") return "next: it is undone to the end, or, if it is wanted again, tried again";
  if (!partial) return "next: it starts again; it left nothing behind";
  return onRetry === "resume" ? "next: it goes on where it was" : "next: what it did is undone, then it starts again";
}
