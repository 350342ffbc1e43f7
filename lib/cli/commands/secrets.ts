import { Command } from "commander";
import type { CommandRunner } from "./command";
import { secretsImportCommand } from "./secrets-import";
import { secretsRotateCommand } from "./secrets-rotate";

export function secretsCommand(run: CommandRunner): Command {
  return new Command("secrets")
    .description("rotate secrets, and import them from dotenv files")
    .addCommand(secretsImportCommand(run))
    .addCommand(secretsRotateCommand(run));
}
