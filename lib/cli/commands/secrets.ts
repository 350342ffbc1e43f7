import { Command } from "commander";
import type { CommandRunner } from "./command";
import { secretsImportCommand } from "./secrets-import";
import { secretsRotateCommand } from "./secrets-rotate";
import { secretsRunCommand } from "./secrets-run";

export function secretsCommand(run: CommandRunner): Command {
  return new Command("secrets")
    .description("rotate secrets, import them from dotenv files, and run programs with them")
    .addCommand(secretsImportCommand(run))
    .addCommand(secretsRotateCommand(run))
    .addCommand(secretsRunCommand(run));
}
