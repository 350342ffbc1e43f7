/** A cloud that jobs log in to without a stored key. */
export const CLOUDS = ["aws", "google"] as const;
export type Cloud = (typeof CLOUDS)[number];

/** A system in an environment: what one job plans or applies. */
export interface PipelineStack {
  /** Such as `shop-staging`. */
  readonly stack: string;
  readonly system: string;
  readonly environment: string;
  /** The environments before it, first to last. */
  readonly before: readonly string[];
}

/** What is written down as a pipeline. */
export interface Pipeline {
  /** By system, then in the order of the environments. */
  readonly stacks: readonly PipelineStack[];
  /** Folder of the project, from the top of the repository; `.` for the top itself. */
  readonly directory: string;
  /** Branch that says what is to run where. */
  readonly branch: string;
  /** When drift is looked for: five fields of cron, UTC. */
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

/** Where jobs leave what later ones need. Not in `.sterna`: hidden files are left out of artifacts. */
export const OUTPUT = "sterna-ci";
export const REPORT = `${OUTPUT}/report.md`;
export const REVIEW = `${OUTPUT}/review.json`;

/** Name of the artifact with what is to be reviewed; the stack follows. */
export const REVIEW_ARTIFACT = "sterna-review-";

/** Systems in the order in which they are written. */
export function systemsOf({ stacks }: Pick<Pipeline, "stacks">): string[] {
  return [...new Set(stacks.map(({ system }) => system))];
}

/** Environments in the order in which they are written, those of all systems. */
export function environmentsOf({ stacks }: Pick<Pipeline, "stacks">): string[] {
  return [...new Set(stacks.map(({ environment }) => environment))];
}

/** The part of a variable's name that stands for an environment: `STAGING`, `EU_STAGING`. */
export function variableSuffix(environment: string): string {
  return environment.toUpperCase().replaceAll("-", "_");
}

/** A path of the project as seen from the top of the repository. */
export function fromTop({ directory }: Pick<Pipeline, "directory">, path: string): string {
  return directory === "." ? path : `${directory}/${path}`;
}
