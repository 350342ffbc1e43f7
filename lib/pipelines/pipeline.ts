import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { z } from "zod";
import { SternaError } from "../core/errors";
import { readJsonFile } from "../core/read-json-file";
import { parseLedgerConfig } from "../engine/ledgers/open-ledger";
import { environmentsFile } from "../manifest/environments-file";
import type { Project } from "../toolkit/project/project";
import { chainOf, type Synthesis } from "../toolkit/project/stacks";
import { type SynthesizedSystem } from "../promotion/plan/synthesized-steps";

/** A cloud that jobs log in to without a stored key. */
export const CLOUDS = ["aws", "google"] as const;
export type Cloud = (typeof CLOUDS)[number];

/** A system in an environment: the unit of a plan or apply job. */
export interface PipelineStack {
  /** Such as `shop-staging`. */
  readonly stack: string;
  readonly system: string;
  readonly environment: string;
  /** The previous environments, from first to last. */
  readonly before: readonly string[];
}

/** The input of a pipeline's files. */
export interface Pipeline {
  /** By system, then in the order of the environments. */
  readonly stacks: readonly PipelineStack[];
  /** Folder of the project, from the top of the repository. `.` for the top itself. */
  readonly directory: string;
  /** Branch that defines what runs where. */
  readonly branch: string;
  /** When drift is checked: cron with five fields, UTC. */
  readonly schedule: string;
  /** Clouds that jobs log in to. */
  readonly clouds: readonly Cloud[];
  /** Major version of Node.js. */
  readonly node: string;
  /** Version of Terraform. */
  readonly terraform: string;
}

/** A file of a pipeline, by its path from the top of the repository. */
export interface PipelineFile {
  readonly path: string;
  readonly text: string;
}

/** Where jobs store files for later jobs. Not in `.sterna`, since artifacts exclude hidden files. */
export const OUTPUT = "sterna-ci";
export const REPORT = `${OUTPUT}/report.md`;
export const REVIEW = `${OUTPUT}/review.json`;

/** Prefix of the artifact to be reviewed, followed by the stack. */
export const REVIEW_ARTIFACT = "sterna-review-";

/** Systems in file order. */
export function systemsOf({ stacks }: Pick<Pipeline, "stacks">): string[] {
  return [...new Set(stacks.map(({ system }) => system))];
}

/** Environments of all systems, in file order. */
export function environmentsOf({ stacks }: Pick<Pipeline, "stacks">): string[] {
  return [...new Set(stacks.map(({ environment }) => environment))];
}

/** The environment's part of a variable name: `STAGING`, `EU_STAGING`. */
export function variableSuffix(environment: string): string {
  return environment.toUpperCase().replaceAll("-", "_");
}

/** A project path relative to the top of the repository. */
export function fromTop({ directory }: Pick<Pipeline, "directory">, path: string): string {
  return directory === "." ? path : `${directory}/${path}`;
}

/** The backend and the required providers in a stack's JSON. */
const stackJson = z.looseObject({
  terraform: z
    .looseObject({ backend: z.record(z.string(), z.unknown()).optional(), cloud: z.unknown().optional() })
    .optional(),
  provider: z.record(z.string(), z.unknown()).optional(),
});

/** Choices of the user. The rest comes from the project. */
export interface PipelineOptions {
  readonly systems?: readonly string[];
  readonly clouds?: readonly Cloud[];
  readonly branch: string;
  readonly schedule: string;
  readonly node: string;
  readonly terraform: string;
  /** Top of the repository, absolute. */
  readonly top: string;
}

/**
 * Derives the pipeline of a project from its synthesis.
 *
 * @throws SternaError `UnknownSystem`, `StateInCheckout`, `PipelineOutside`
 */
export function readPipeline(project: Project, synthesis: Synthesis, options: PipelineOptions): Pipeline {
  const { systems, clouds, top, ...rest } = options;
  const chosen = systems === undefined ? synthesis.systems : systems.flatMap((name) => chainOf(synthesis, name));
  refuseStateInCheckout(project, chosen);
  return { ...rest, stacks: stacksOf(chosen), directory: place(top, project), clouds: clouds ?? cloudsOf(chosen) };
}

function stacksOf(systems: readonly SynthesizedSystem[]): PipelineStack[] {
  return systems.map(({ stack, system, environment, order }) => ({
    stack,
    system,
    environment,
    before: systems.filter((other) => other.system === system && other.order < order).map((other) => other.environment),
  }));
}

function cloudsOf(systems: readonly SynthesizedSystem[]): Cloud[] {
  const providers = new Set(systems.flatMap((system) => Object.keys(readStack(system).provider ?? {})));
  return CLOUDS.filter((cloud) => providers.has(cloud));
}

function place(top: string, { directory }: Project): string {
  const path = relative(top, directory);
  if (path === "") return ".";
  if (!path.startsWith("..") && !isAbsolute(path)) return path.split(sep).join("/");
  throw new SternaError(
    "PipelineOutside",
    `the project ${directory} is not inside of ${top}: --out is the top of the repository that holds it`,
  );
}

/** A pipeline starts from a fresh checkout, and loses what it leaves there. */
function refuseStateInCheckout(project: Project, systems: readonly SynthesizedSystem[]): void {
  const lost = [
    ...systems.flatMap((system) => [...localState(system), ...localLedger(system)]),
    ...localRecords(project),
  ];
  if (lost.length === 0) return;
  throw new SternaError(
    "StateInCheckout",
    "a pipeline starts from a fresh checkout each time, and would lose what is kept there:\n" +
      lost.map((line) => `  ${line}`).join("\n"),
  );
}

function localState(system: SynthesizedSystem): string[] {
  const { backend = {}, cloud } = readStack(system).terraform ?? {};
  const { local, ...others } = backend;
  if (cloud !== undefined || Object.keys(others).length > 0) return [];
  const { path } = z.object({ path: z.string().optional() }).catch({}).parse(local);
  if (path !== undefined && isAbsolute(path)) return [];
  return [`Terraform's state of ${system.stack}: give the stack a backend, such as Backend.s3({ … })`];
}

function localLedger({ stack, ledger }: SynthesizedSystem): string[] {
  const config = parseLedgerConfig(ledger, `the ledger of ${stack}`);
  if (config.kind !== "file" || isAbsolute(config.directory)) return [];
  return [`the ledger of ${stack}: keep it in a database or a bucket, such as Ledger.postgres({ … })`];
}

function localRecords({ environmentsFile: file }: Project): string[] {
  const records = existsSync(file) ? readJsonFile(file, environmentsFile, "InvalidEnvironments").records : undefined;
  if (records !== undefined && (records.kind !== "file" || isAbsolute(records.directory))) return [];
  return [
    'the records of applies, by which the next environment is proved: add to environments.json "records": { "kind": "s3", "bucket": "…" }',
  ];
}

function readStack({ directory }: SynthesizedSystem): z.infer<typeof stackJson> {
  return stackJson.parse(JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")));
}
