import { Command } from "commander";
import { backupDrillCommand, backupRestoreCommand } from "./backup-restore";
import { backupListCommand, backupPruneCommand, backupRunCommand, backupVerifyCommand } from "./backup-keep";
import type { CommandRunner } from "./command";

export function backupCommand(run: CommandRunner): Command {
  return new Command("backup")
    .description("take backups, prove that they can be restored, restore them, and delete old ones")
    .addCommand(backupRunCommand(run))
    .addCommand(backupListCommand(run))
    .addCommand(backupVerifyCommand(run))
    .addCommand(backupPruneCommand(run))
    .addCommand(backupRestoreCommand(run))
    .addCommand(backupDrillCommand(run));
}
