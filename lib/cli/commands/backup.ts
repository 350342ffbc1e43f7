import { Command } from "commander";
import { withWorkspace } from "../../backups/plan/backup-context";
import type { BackupManifest } from "../../backups/plan/backup-manifest";
import { pruneBackups } from "../../backups/prune-backups";
import { runBackup } from "../../backups/run-backup";
import { assertFresh, findBackup } from "../../backups/stores/backup-store";
import { withStores } from "../../backups/stores/open-stores";
import { verifyBackup } from "../../backups/verify-backup";
import { RefusedError } from "../../core/errors";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import type { CommonOptions } from "../terminal/terminal";
import { withPlan, backupLine, pruningText } from "./backup-plan";
import { backupDrillCommand, backupRestoreCommand } from "./backup-restore";

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

const PLAN = "path of the backup plan, such as backups/shop.json";

function backupRunCommand(run: CommandRunner): Command {
  return newCommand("run", "take a backup and read it back; a part that fails is a backup that failed", {
    "sterna backup run backups/shop.json": "what a timer runs",
  })
    .argument("<plan>", PLAN)
    .action((file: string, options: CommonOptions) =>
      run(options, async (context) => {
        const taken = await withPlan(context, file, runBackup);
        context.terminal.printJson(taken);
        context.terminal.print(backupLine(taken.manifest));
        for (const location of taken.locations) context.terminal.print(`  ${location}`);
        return EXIT_STATUS.done;
      }),
    );
}

function backupListCommand(run: CommandRunner): Command {
  return newCommand("list", "list the backups of a plan, newest first; reads their manifests alone", {
    "sterna backup list backups/shop.json": "what there is, and where",
  })
    .argument("<plan>", PLAN)
    .action((file: string, options: CommonOptions) =>
      run(options, async (context) => {
        const stores = await withPlan(context, file, (plan, { signal }) =>
          withStores(plan, signal, (all) =>
            Promise.all(all.map(async (store) => ({ location: store.location, ...(await store.list()) }))),
          ),
        );
        const { terminal } = context;
        terminal.printJson({ stores });
        for (const { location, backups, unreadable } of stores) {
          terminal.print(terminal.colors.bold(location));
          for (const manifest of backups) terminal.print(`  ${backupLine(manifest)}`);
          for (const { id, reason } of unreadable) terminal.print(terminal.colors.red(`  ${id}: ${reason}`));
          if (backups.length + unreadable.length === 0) terminal.print("  no backup");
        }
        return stores.some(({ unreadable }) => unreadable.length > 0) ? EXIT_STATUS.error : EXIT_STATUS.done;
      }),
    );
}

interface VerifyOptions extends CommonOptions {
  readonly backup?: string;
}

function backupVerifyCommand(run: CommandRunner): Command {
  return newCommand("verify", "read a backup back from every place that has it; restores nothing", {
    "sterna backup verify backups/shop.json": "whether the newest backup is whole, and young enough",
    "sterna backup verify backups/shop.json --backup 20260131T020000000Z": "another one",
  })
    .argument("<plan>", PLAN)
    .option("--backup <id>", "id of the backup; the newest when left out")
    .action((file: string, options: VerifyOptions) =>
      run(options, async (context) => {
        const verified = await withPlan(context, file, (plan, backupContext) =>
          withStores(plan, backupContext.signal, (stores) =>
            withWorkspace(plan, async (scratch) => {
              const places: { location: string; manifest: BackupManifest }[] = [];
              for (const store of stores) {
                const { manifest } = await findBackup([store], options.backup);
                if (options.backup === undefined) assertFresh(manifest, plan.maximumAgeHours, backupContext.now());
                await verifyBackup(plan, store, manifest, scratch, backupContext);
                places.push({ location: store.location, manifest });
              }
              return places;
            }),
          ),
        );
        context.terminal.printJson({
          verified: verified.map(({ location, manifest }) => ({ location, id: manifest.id })),
        });
        for (const { location, manifest } of verified) {
          context.terminal.print(`${context.terminal.colors.green("✓")} ${backupLine(manifest)}\n  ${location}`);
        }
        return EXIT_STATUS.done;
      }),
    );
}

interface PruneOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

function backupPruneCommand(run: CommandRunner): Command {
  return newCommand("prune", "delete old backups, never the last ones that can be restored", {
    "sterna backup prune backups/shop.json --dry-run": "what would be deleted; exit status 2 if anything",
    "sterna backup prune backups/shop.json": "delete it",
  })
    .argument("<plan>", PLAN)
    .option("--dry-run", "delete nothing")
    .action((file: string, options: PruneOptions) =>
      run(options, async (context) => {
        const dryRun = options.dryRun ?? false;
        const prunings = await withPlan(context, file, (plan, backupContext) =>
          pruneBackups(plan, dryRun, backupContext),
        );
        const refused = prunings.find(({ refusal }) => refusal !== undefined);
        if (refused)
          throw new RefusedError("RetentionRefused", `nothing was deleted of ${refused.location}: ${refused.refusal}`);
        context.terminal.printJson({ dryRun, stores: prunings });
        context.terminal.print(pruningText(prunings, dryRun));
        const changes = prunings.some(({ deleted }) => deleted.length > 0);
        return dryRun && changes ? EXIT_STATUS.changes : EXIT_STATUS.done;
      }),
    );
}
