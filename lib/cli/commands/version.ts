import type { Command } from "commander";
import { sternaPackage } from "../../core/sterna-package";
import { terraformVersion } from "../doctor/check-programs";
import { findProgram } from "../../core/find-program";
import { terraformName } from "../../toolkit/terraform/terraform";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import type { CommonOptions } from "../terminal/terminal";

export function versionCommand(run: CommandRunner): Command {
  return newCommand("version", "print the versions of Sterna, Node.js, and Terraform", {
    "sterna version": "for a bug report",
    "sterna --version": "the version of Sterna alone",
  }).action((options: CommonOptions) =>
    run(options, async ({ surroundings: { environment }, terminal }) => {
      const program = findProgram(terraformName(environment), environment);
      const terraform = program && (await terraformVersion(program, environment));
      const versions = {
        sterna: sternaPackage().version,
        node: process.versions.node,
        terraform: terraform ?? null,
        platform: `${process.platform}-${process.arch}`,
      };
      terminal.printJson(versions);
      terminal.print(`sterna ${versions.sterna}\nnode ${versions.node}\nterraform ${terraform ?? "not found"}`);
      terminal.print(versions.platform);
      return EXIT_STATUS.done;
    }),
  );
}
