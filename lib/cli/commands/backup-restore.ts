import type { Command } from "commander";
import { SternaError } from "../../core/errors";
import { findBackup } from "../../backups/stores/backup-store";
import { confirmRestore, restoreBackup } from "../../backups/restore-backup";
import { restoreDrill } from "../../backups/restore-drill";
import { withStores } from "../../backups/stores/open-stores";
import { withPlan, backupLine, restoredText } from "./backup-plan";
import { EXIT_STATUS, type ExitStatus, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import type { CommonOptions } from "../terminal/terminal";

const PLAN = "path of the backup plan, such as backups/shop.json";

interface RestoreOptions extends CommonOptions {
  readonly backup?: string;
  readonly part?: readonly string[];
  readonly confirm?: string;
  readonly autoApprove?: boolean;
}

export function backupRestoreCommand(run: CommandRunner): Command {
  return newCommand("restore", "restore a backup next to the current data, compare it, and swap it in", {
    "sterna backup restore backups/shop.json": "the newest backup; asks first",
    "sterna backup restore backups/shop.json --part database": "one part of it",
    "sterna backup restore backups/shop.json --confirm 20260131T020000000Z": "delete what that restore replaced",
  })
    .argument("<plan>", PLAN)
    .option("--backup <id>", "id of the backup; the newest when left out")
    .option("--part <id...>", "ids of the parts; all of the backup when left out")
    .option("--confirm <id>", "delete what the restore of that backup kept of the data that it replaced")
    .option("--auto-approve", "ask nothing")
    .action((file: string, options: RestoreOptions) =>
      run(options, (context) =>
        options.confirm === undefined
          ? restore(context, file, options)
          : confirm(context, file, options.confirm, options),
      ),
    );
}

async function restore(context: CommandContext, file: string, options: RestoreOptions): Promise<ExitStatus> {
  const { terminal } = context;
  const restoration = await withPlan(context, file, async (plan, backupContext) => {
    const manifest = await withStores(plan, backupContext.signal, async (stores) => {
      return (await findBackup(stores, options.backup)).manifest;
    });
    const parts = (options.part ?? manifest.parts.map(({ id }) => id)).join(", ");
    terminal.report(`${plan.system} in ${plan.environment}: ${backupLine(manifest)}`);
    await approve(
      context,
      options,
      `Restore ${parts} over what is there? What is written since the backup is set aside.`,
    );
    const request = { backup: manifest.id, ...(options.part && { parts: options.part }) };
    return restoreBackup(plan, request, backupContext, ({ part, place }) =>
      terminal.report(`restored ${part}: ${place}`),
    );
  });
  terminal.printJson(restoration);
  terminal.print(restoredText(restoration, file));
  return EXIT_STATUS.done;
}

async function confirm(
  context: CommandContext,
  file: string,
  id: string,
  options: RestoreOptions,
): Promise<ExitStatus> {
  const deleted = await withPlan(context, file, async (plan, backupContext) => {
    await approve(context, options, `Delete for good what the restore of ${id} replaced?`);
    return confirmRestore(plan, id, backupContext);
  });
  context.terminal.printJson({ backup: id, deleted });
  context.terminal.print(
    deleted.length === 0 ? "Nothing was kept." : deleted.map((what) => `deleted ${what}`).join("\n"),
  );
  return EXIT_STATUS.done;
}

async function approve({ terminal }: CommandContext, options: RestoreOptions, question: string): Promise<void> {
  if (options.autoApprove) return;
  if (terminal.interactive && (await terminal.confirm(question))) return;
  throw new SternaError(
    "ApprovalMissing",
    "nothing was changed; answer yes, or add --auto-approve if there is no terminal to ask on",
  );
}

export function backupDrillCommand(run: CommandRunner): Command {
  return newCommand("drill", "restore the newest backup into scratch targets, compare, and write the evidence", {
    "sterna backup drill backups/shop.json": "what gates ask for before a release moves on",
  })
    .argument("<plan>", PLAN)
    .action((file: string, options: CommonOptions) =>
      run(options, async (context) => {
        const drill = await withPlan(context, file, restoreDrill);
        context.terminal.printJson(drill);
        context.terminal.print(
          `${context.terminal.colors.green("✓")} the backup ${drill.backup} can be restored: ${drill.checks.length} counts and ` +
            `digests are equal, in ${drill.seconds.toFixed(1)} s\n  evidence: ${drill.evidence}`,
        );
        return EXIT_STATUS.done;
      }),
    );
}
