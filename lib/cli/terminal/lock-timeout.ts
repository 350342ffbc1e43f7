import { InvalidArgumentError, type Command } from "commander";
import type { CommandContext } from "./command";

/** A duration in Terraform's syntax: `90s`, `10m`, `1h30m`. */
const DURATION = /^(?:\d+(?:\.\d+)?(?:h|m|s))+$/;

export interface LockOptions {
  /** How long Terraform waits for a state lock that another run holds. */
  readonly lockTimeout?: string;
}

/** Adds the option to wait for another run to a command. */
export function addLockTimeout(command: Command): Command {
  return command.option(
    "--lock-timeout <duration>",
    "wait this long for another run that holds Terraform's state, such as 10m",
    (text: string) => {
      if (DURATION.test(text)) return text;
      throw new InvalidArgumentError('It is a duration such as "90s", "10m" or "1h30m".');
    },
  );
}

/** A context in which Terraform waits for the lock in each plan and apply, through its own environment variables. */
export function waitForLock(context: CommandContext, { lockTimeout }: LockOptions): CommandContext {
  if (lockTimeout === undefined) return context;
  const { surroundings } = context;
  const added = Object.fromEntries(
    ["TF_CLI_ARGS_plan", "TF_CLI_ARGS_apply"].map((name) => [
      name,
      `${surroundings.environment[name] ?? ""} -lock-timeout=${lockTimeout}`.trim(),
    ]),
  );
  return { ...context, surroundings: { ...surroundings, environment: { ...surroundings.environment, ...added } } };
}
