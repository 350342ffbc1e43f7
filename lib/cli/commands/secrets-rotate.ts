import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { SternaError } from "../../core/sterna-error";
import { parseRotationSettings } from "../../secrets/rotator/settings";
import { EXIT_STATUS } from "../exit-status";
import type { CommonOptions } from "../terminal";
import { newCommand, type CommandRunner } from "./command";

interface RotateOptions extends CommonOptions {
  readonly settings: string;
}

export function secretsRotateCommand(run: CommandRunner): Command {
  return newCommand(
    "rotate",
    "rotate a secret from here, with what the rotation function does; finishes a broken one",
    {
      "sterna secrets rotate r3mes/production/database --settings rotation.json": "name or ARN of the secret",
    },
  )
    .argument("<secret>", "name or ARN of the secret in AWS Secrets Manager")
    .requiredOption(
      "--settings <file>",
      "settings of the rotation: STERNA_ROTATION_SETTINGS of its function, in a file",
    )
    .action((secret: string, options: RotateOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const settings = readSettings(resolve(surroundings.directory, options.settings));
        // Loaded here, since no other command needs the AWS SDK.
        const { rotateSecret } = await import("../secrets/rotate-secret.js");
        const onProgress = (point: string) => (terminal.verbose ? terminal.report(point) : terminal.showLive(point));
        const { versionId, resumed } = await rotateSecret(secret, settings, onProgress);
        terminal.printJson({ secret, strategy: settings.strategy, versionId, resumed });
        const which = resumed ? "the rotation that had been broken off is finished" : "rotated";
        terminal.print(`${secret}: ${which}; version ${versionId} is current.`);
        return EXIT_STATUS.done;
      }),
    );
}

function readSettings(path: string) {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SternaError("FileUnreadable", `cannot read ${path}: ${(error as Error).message}`);
  }
  return parseRotationSettings(text, path);
}
