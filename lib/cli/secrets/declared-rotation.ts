import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { STACK_MANIFEST_FILE, stackManifest, type StackManifest } from "../../manifest/stack-manifest";
import { SternaError } from "../../core/errors";
import { SECRET_VARIABLE, SETTINGS_VARIABLE } from "../../rotator/settings";
import type { Project } from "../../toolkit/project/project";
import { describeKnown } from "../../core/nearest";

/** The rotation of a secret in a synthesized app. */
export interface DeclaredRotation {
  /** Id of the stack. */
  readonly stack: string;

  /** Folder of the stack, absolute. */
  readonly directory: string;

  /** Manifest of the stack, if it is a `SystemStack`. */
  readonly manifest?: StackManifest | undefined;

  /** Name of the secret, or `projects/<project>/secrets/<name>` in Google Secret Manager. */
  readonly secretName: string;

  /** Address of the rotation function in Terraform's state: `aws_lambda_function.<name>`. */
  readonly functionAddress: string;

  /** Settings as JSON, which may contain Terraform expressions. */
  readonly settings: string;

  /** Region of the provider, if it is a literal. */
  readonly region?: string | undefined;
}

const variables = z.record(z.string(), z.string()).default({});
const resources = <Shape extends z.ZodRawShape>(shape: Shape) => z.record(z.string(), z.looseObject(shape)).default({});

/** The parts of a stack's JSON that are read. */
const synthesized = z.looseObject({
  provider: z
    .looseObject({ aws: z.array(z.looseObject({ alias: z.string().optional(), region: z.string().optional() })) })
    .partial()
    .default({}),
  resource: z
    .looseObject({
      aws_secretsmanager_secret: resources({ name: z.string().optional(), provider: z.string().optional() }),
      aws_secretsmanager_secret_rotation: resources({
        secret_id: z.string(),
        rotation_lambda_arn: z.string().optional(),
      }),
      aws_lambda_function: resources({
        environment: z.looseObject({ variables }).optional(),
      }),
      google_cloudfunctions2_function: resources({
        service_config: z.looseObject({ environment_variables: variables }).optional(),
      }),
    })
    .prefault({}),
});

const appManifest = z.looseObject({
  stacks: z.record(z.string(), z.looseObject({ workingDirectory: z.string(), synthesizedStackPath: z.string() })),
});

/** Selects a rotation. */
export interface RotationQuery {
  readonly secretName: string;
  readonly stack?: string | undefined;
  readonly system?: string | undefined;
  readonly environment?: string | undefined;
}

/**
 * Finds the rotation of a secret in any stack of the synthesized app.
 *
 * @throws SternaError `RotationUnknown` when there is none, or more than one
 */
export function findDeclaredRotation(project: Project, query: RotationQuery): DeclaredRotation {
  const all = declaredRotations(project).filter(
    ({ stack, manifest }) =>
      (query.stack ?? stack) === stack &&
      (query.system === undefined || query.system === manifest?.system) &&
      (query.environment === undefined || query.environment === manifest?.environment),
  );
  const [found, ...others] = all.filter(({ secretName }) => secretName === query.secretName);
  if (found === undefined) {
    const names = [...new Set(all.map(({ secretName }) => secretName))];
    throw new SternaError(
      "RotationUnknown",
      `${where(query)} declares a rotation of "${query.secretName}" by Sterna's function: ${describeKnown(query.secretName, names)}`,
    );
  }
  if (others.length === 0) return found;
  const stacks = [found, ...others].map(({ stack }) => `--stack ${stack}`).join(" or ");
  throw new SternaError("RotationUnknown", `several stacks declare the secret "${query.secretName}"; add ${stacks}`);
}

function where({ stack, system, environment }: RotationQuery): string {
  if (stack !== undefined) return `no stack ${stack}`;
  return system === undefined ? "no stack" : `no stack of ${system} in ${environment}`;
}

function declaredRotations({ output }: Project): DeclaredRotation[] {
  const { stacks } = readJsonFile(join(output, "manifest.json"), appManifest, "SynthesisUnreadable");
  return Object.entries(stacks).flatMap(([stack, { workingDirectory, synthesizedStackPath }]) => {
    const directory = join(output, workingDirectory);
    const file = join(directory, STACK_MANIFEST_FILE);
    const manifest = existsSync(file) ? readJsonFile(file, stackManifest, "SynthesisUnreadable") : undefined;
    const parsed = readJsonFile(join(output, synthesizedStackPath), synthesized, "SynthesisUnreadable");
    return [...rotationsOfAws(parsed), ...rotationsOfGoogle(parsed)].map((found) => ({
      stack,
      directory,
      manifest,
      ...found,
    }));
  });
}

type Found = Pick<DeclaredRotation, "secretName" | "functionAddress" | "settings" | "region">;

function rotationsOfAws({ provider, resource }: z.output<typeof synthesized>): Found[] {
  return Object.values(resource.aws_secretsmanager_secret_rotation).flatMap((rotation) => {
    const secret = resource.aws_secretsmanager_secret[referred(rotation.secret_id) ?? ""];
    const rotator = referred(rotation.rotation_lambda_arn ?? "");
    const settings = resource.aws_lambda_function[rotator ?? ""]?.environment?.variables[SETTINGS_VARIABLE];
    if (secret?.name === undefined || settings === undefined) return [];
    const used = provider.aws?.find(
      ({ alias }) => secret.provider === (alias === undefined ? undefined : `aws.${alias}`),
    );
    const region = used?.region?.includes("${") ? undefined : used?.region;
    return { secretName: secret.name, functionAddress: `aws_lambda_function.${rotator}`, settings, region };
  });
}

/** The function itself receives the name of its secret. */
function rotationsOfGoogle({ resource }: z.output<typeof synthesized>): Found[] {
  return Object.entries(resource.google_cloudfunctions2_function).flatMap(([name, { service_config }]) => {
    const { [SECRET_VARIABLE]: secretName, [SETTINGS_VARIABLE]: settings } =
      service_config?.environment_variables ?? {};
    if (secretName === undefined || settings === undefined) return [];
    return { secretName, functionAddress: `google_cloudfunctions2_function.${name}`, settings };
  });
}

/** Name of the resource in an expression such as `${aws_lambda_function.rotator.arn}`. */
function referred(expression: string): string | undefined {
  return /^\$\{aws_\w+\.([\w-]+)\.\w+\}$/.exec(expression)?.[1];
}
