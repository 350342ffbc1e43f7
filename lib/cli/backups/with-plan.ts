import { resolve } from "node:path";
import type { BackupContext } from "../../engine/backups/backup-context";
import { type LoadedPlan, readBackupPlan } from "../../engine/backups/backup-plan";
import { EngineError } from "../../engine/engine-error";
import type { CommandContext } from "../commands/command";

/**
 * Reads a plan and lets some work use it. Ctrl-C, and the SIGTERM of a scheduler, stop what runs and clean up.
 *
 * @param file path of the plan, relative to the working directory
 */
export async function withPlan<T>(
  { surroundings, terminal }: CommandContext,
  file: string,
  work: (plan: LoadedPlan, context: BackupContext) => Promise<T>,
): Promise<T> {
  const plan = readBackupPlan(resolve(surroundings.directory, file));
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void =>
    stop.abort(new EngineError("Interrupted", `${signal} stopped it; nothing was left half done`));
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    return await work(plan, {
      environment: surroundings.environment,
      signal: stop.signal,
      progress: (text) => terminal.announce(text),
      now: () => new Date(),
    });
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
