import { Command } from "commander";
import type { CommandRunner } from "./command";
import { envMigrateCommand } from "./env-migrate";

export function envCommand(run: CommandRunner): Command {
  return new Command("env")
    .description("move variables from one dotenv file to another")
    .addCommand(envMigrateCommand(run));
}
