import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { SternaError } from "../../core/errors";
import { parseRotationSettings } from "../../rotator/settings";
import { EXIT_STATUS, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import { variablesOf, openProject } from "../../toolkit/project/project";
import { synthesizeApp } from "../../toolkit/toolkit";
import { findDeclaredRotation, type RotationQuery } from "../secrets/declared-rotation";
import type { RotatedSecret } from "../secrets/rotate-secret";
import { settingsOf } from "../secrets/rotation-settings";
import { inProject } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";

interface RotateOptions extends CommonOptions {
  readonly settings?: string;
  readonly stack?: string;
}

/** What is rotated, with the variables of its environment. */
interface Rotation {
  readonly secret: RotatedSecret;
  readonly variables: NodeJS.ProcessEnv;
}

export function secretsRotateCommand(run: CommandRunner): Command {
  return newCommand(
    "rotate",
    "rotate a secret from here, with what the rotation function does; finishes a broken one",
    {
      "sterna secrets rotate r3mes/production/database": "the secret of that name in any stack of the app",
      "sterna secrets rotate r3mes production r3mes/database": "where several environments have a secret of that name",
      "sterna secrets rotate r3mes/production/database --settings rotation.json": "without the project",
    },
  )
    .usage("[options] [<system> <environment>] <secret>")
    .argument(
      "<names...>",
      "name of the secret (projects/<project>/secrets/<name> in Google Secret Manager), after system and environment if need be",
    )
    .option("--stack <id>", "stack that declares the secret, where several do")
    .option(
      "--settings <file>",
      "settings of the rotation instead of those of the stack: STERNA_ROTATION_SETTINGS of its function",
    )
    .action((names: string[], options: RotateOptions) =>
      run(options, async (context) => {
        const { terminal } = context;
        const query = parseNames(names, options);
        const { secret, variables } =
          options.settings === undefined ? await declared(query, context) : given(query, options.settings, context);
        // Loaded here, since no other command needs the AWS SDK.
        const { rotateSecret } = await import("../secrets/rotate-secret.js");
        const onProgress = (point: string) => (terminal.verbose ? terminal.report(point) : terminal.showLive(point));
        const { versionId, resumed } = await rotateSecret(secret, variables, onProgress);
        terminal.printJson({ secret: secret.id, strategy: secret.settings.strategy, versionId, resumed });
        const which = resumed ? "the rotation that had been broken off is finished" : "rotated";
        terminal.print(`${secret.id}: ${which}; version ${versionId} is current.`);
        return EXIT_STATUS.done;
      }),
    );
}

function parseNames(names: readonly string[], { stack }: RotateOptions): RotationQuery {
  const [first, second, third] = names;
  if (names.length === 1) return { secretName: first!, stack };
  if (names.length === 3) return { system: first, environment: second, secretName: third!, stack };
  throw new SternaError(
    "RotationUnknown",
    `write the name of the secret, or system, environment and name; got ${names.length} words`,
  );
}

async function declared(query: RotationQuery, context: CommandContext): Promise<Rotation> {
  const { surroundings, terminal } = context;
  const { toolkit } = inProject(context);
  const { project } = toolkit;
  await synthesizeApp(toolkit);
  const rotation = findDeclaredRotation(project, query);
  const { manifest, secretName: id, region } = rotation;
  const variables =
    manifest === undefined
      ? surroundings.environment
      : variablesOf(project, manifest.environment, surroundings.environment);
  return { secret: { id, settings: await settingsOf(rotation, variables, terminal), region }, variables };
}

function given(
  { secretName: id, environment }: RotationQuery,
  file: string,
  { surroundings }: CommandContext,
): Rotation {
  const settings = readSettings(resolve(surroundings.directory, file));
  const variables =
    environment === undefined
      ? surroundings.environment
      : variablesOf(openProject(surroundings.directory), environment, surroundings.environment);
  return { secret: { id, settings }, variables };
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
