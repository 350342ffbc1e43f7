import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { generateAppEf } from "../fixtures/app-ef/generate";
import { startAppEf, type AppEfServer } from "../fixtures/app-ef/server";
import { findProgram } from "../../lib/core/find-program";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { startPostgres, type PostgresServer } from "./postgres";
import { repositoryRoot, scratchRoot } from "./repository";

export const ENVIRONMENTS = ["development", "staging", "production"] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

/** One installed app_ef: its files, its database, the application that serves them. */
export interface Installation {
  /** Folder with `data`, `.env` and, after the migration, `.env.v1`. */
  readonly directory: string;
  readonly bucket: string;
  readonly databaseUrl: string;
  readonly server: AppEfServer;
}

export interface AppEfProjectOptions {
  /** Folder in which the project is made. @default - `.test/` of the checkout */
  readonly parent?: string;
  /** How many projects each installation has. @default 300 */
  readonly projects?: number;
  /** Release that each environment is pinned to at first. @default "0.1.0-beta" */
  readonly release?: string;
  /** Environments that the project has, in their order. @default - all three */
  readonly environments?: readonly EnvironmentName[];
}

/**
 * A Sterna project for app_ef with three installations of the beta: real files, a real PostgreSQL, and the AWS stand-in
 * where it is to be had. What a team would have, on one machine.
 */
export class AppEfProject {
  private constructor(
    readonly directory: string,
    readonly postgres: PostgresServer,
    /** Nothing where `moto_server` is missing: cloud resources can then only be planned. */
    readonly aws: AwsStandIn | undefined,
    readonly installations: Readonly<Record<EnvironmentName, Installation>>,
    private readonly environments: readonly EnvironmentName[],
  ) {}

  static async start({
    parent,
    projects = 300,
    release = "0.1.0-beta",
    environments = ENVIRONMENTS,
  }: AppEfProjectOptions = {}): Promise<AppEfProject> {
    const folder = parent ?? scratchRoot;
    mkdirSync(folder, { recursive: true });
    const directory = parent ?? mkdtempSync(join(folder, "app-ef-"));
    const template = join(directory, "installations", environments[0]!);
    generateAppEf(template, { projects });
    const [postgres, aws] = await Promise.all([
      startPostgres(),
      findProgram("moto_server") ? startAwsStandIn() : undefined,
    ]);
    const installations = {} as Record<EnvironmentName, Installation>;
    for (const name of environments) {
      installations[name] = await install(name, template, join(directory, "installations", name), postgres);
    }
    const project = new AppEfProject(directory, postgres, aws, installations, environments);
    project.writeConfiguration(release);
    return project;
  }

  /** What the processes that work on an environment need to know: its database, the one before it, AWS. */
  environmentOf(name: EnvironmentName): Record<string, string> {
    const previous = this.environments[this.environments.indexOf(name) - 1];
    return {
      ...this.aws?.environment,
      APP_EF_DATABASE_URL: this.installations[name].databaseUrl,
      ...(previous ? { APP_EF_PREVIOUS_DATABASE_URL: this.installations[previous].databaseUrl } : {}),
    };
  }

  pin(name: EnvironmentName, release: string): void {
    const path = join(this.directory, "releases.json");
    const pins = JSON.parse(readFileSync(path, "utf8")) as { "app-ef": Record<string, string> };
    pins["app-ef"][name] = release;
    writeJson(path, pins);
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.installations).map(({ server }) => server.stop()));
    await Promise.all([this.postgres.stop(), this.aws?.stop()]);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private writeConfiguration(release: string): void {
    const { language, app, ...rest } = readJson(join(repositoryRoot, "cdktf.json")) as Record<string, unknown>;
    const entry = join(relative(this.directory, repositoryRoot), "bin/app.ts");
    writeJson(join(this.directory, "cdktf.json"), {
      language,
      app: String(app).replace("bin/app.ts", entry),
      ...rest,
    });
    const committed = readJson(join(repositoryRoot, "environments.json")) as {
      environments: { name: EnvironmentName; variables: { "app-ef": Record<string, string> } }[];
    };
    committed.environments = committed.environments.filter(({ name }) => this.environments.includes(name));
    for (const { name, variables } of committed.environments) {
      const { bucket, server } = this.installations[name];
      Object.assign(variables["app-ef"], {
        BUCKET: bucket,
        HEALTH_URL: `${server.url}/health`,
        PROJECTS_URL: `${server.url}/api/v1/projects`,
      });
    }
    writeJson(join(this.directory, "environments.json"), committed);
    writeJson(join(this.directory, "releases.json"), {
      "app-ef": Object.fromEntries(this.environments.map((name) => [name, release])),
    });
  }
}

async function install(
  name: EnvironmentName,
  template: string,
  directory: string,
  postgres: PostgresServer,
): Promise<Installation> {
  if (directory !== template) cpSync(template, directory, { recursive: true, verbatimSymlinks: true });
  const databaseUrl = await postgres.createDatabase(`app_ef_${name}`);
  const server = await startAppEf({ directory, environment: { APP_EF_DATABASE_URL: databaseUrl } });
  return { directory, bucket: `app-ef-${name}`, databaseUrl, server };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
