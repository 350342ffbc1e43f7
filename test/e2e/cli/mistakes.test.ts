import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { ErrorCode } from "../../../lib/core/error-codes";
import { type ProjectStep, scriptStep, TestProject } from "../../cli/project";
import { runCli } from "../../cli/run-cli";
import { freePort } from "../../../lib/testing/postgres/free-port";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { awsProvider } from "../../support/provider-mirror";
import { requires } from "../../support/requirements";
import { isFull } from "../../support/sample";
import { terraformEnvironment } from "../../support/terraform-environment";

const ENVIRONMENTS = ["development", "staging", "production"] as const;

/** A step that keeps its row in the database that it changes. */
function sqlStep(change: Partial<Record<"up" | "lockTimeout", unknown>> = {}): ProjectStep {
  const program = {
    kind: "sql",
    database: { env: "SHOP_DATABASE_URL" },
    up: "create table orders (id int)",
    down: "drop table orders",
    verify: [{ query: "select to_regclass('orders') is not null", expected: "t" }],
    ...change,
  };
  return { id: "create-orders", release: "1.0.0", program: program as ProjectStep["program"] };
}

const one = scriptStep("one", "1.0.0");
const two = scriptStep("two", "1.0.0", { after: ["one"] });

/** What a mistake works on. */
interface Place {
  readonly project: TestProject;
  readonly server: PostgresServer;
  /** URL of the database of development. */
  readonly url: string;
  run(...args: string[]): ReturnType<typeof runCli>;
  /** Sets the URL of the database of an environment. */
  connect(url: string | undefined, environment?: string): void;
  define(...steps: ProjectStep[]): void;
  apply(environment?: string): Promise<void>;
  /** Runs SQL in the database of development. */
  database(sql: string): Promise<unknown>;
  /** To be done at the end. */
  readonly endings: (() => unknown)[];
}

interface Mistake {
  readonly code: ErrorCode;
  /** What to write, or where: each must be in the message. */
  readonly says: readonly RegExp[];
  /** @default plan shop development */
  readonly command?: readonly string[];
  make(place: Place): Promise<unknown> | unknown;
}

const APPLY = ["apply", "shop", "development", "--auto-approve"];
const ENV_FILE = /\.sterna\/development\.env/;
const withUrl = (change: (url: URL) => void) => (place: Place) => {
  const url = new URL(place.url);
  change(url);
  place.connect(url.href);
};

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "a variable that is not set": {
    code: "VariableMissing",
    says: [/SHOP_DATABASE_URL/, ENV_FILE, /NAME=value/],
    make: ({ connect }) => connect(undefined),
  },
  "a wrong password": {
    code: "DatabaseRefused",
    says: [/Check the user and the password/, ENV_FILE],
    make: withUrl((url) => (url.password = "wrong")),
  },
  "a database that does not exist": {
    code: "DatabaseRefused",
    says: [/Create the database, or correct its name/, ENV_FILE],
    make: withUrl((url) => (url.pathname = "/nothing")),
  },
  "a port that is closed": {
    code: "LedgerUnreachable",
    says: [/ECONNREFUSED/, /Check that the database runs/],
    make: async ({ url, connect }) => {
      const closed = new URL(url);
      closed.port = String(await freePort());
      connect(closed.href);
    },
  },
  "a host that does not exist": {
    code: "LedgerUnreachable",
    says: [/nowhere\.invalid/, /Check that the database runs and that its URL/],
    make: withUrl((url) => (url.hostname = "nowhere.invalid")),
  },
  "a server that never answers": {
    code: "LedgerUnreachable",
    says: [/time|answer/i, /Check that the database runs/],
    make: async ({ url, connect, endings }) => {
      const silent: Server = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      endings.push(() => silent.close());
      const dead = new URL(url);
      [dead.hostname, dead.port] = ["127.0.0.1", String((silent.address() as AddressInfo).port)];
      connect(dead.href);
    },
  },
  "a password with a number sign that is not escaped": {
    code: "DatabaseUrlInvalid",
    says: [/%23 for #/, ENV_FILE],
    make: ({ connect }) => connect("postgresql://shop:se#cret@127.0.0.1:5432/shop"),
  },
  "the URL of another kind of database": {
    code: "DatabaseUrlInvalid",
    says: [/begins with "mysql:\/\/"/, /write "postgresql:\/\/user:password@host:5432\/database"/, ENV_FILE],
    make: ({ url, connect }) => connect(url.replace(/^\w+:/, "mysql:")),
  },
  "a user who may not create the schema of the ledger": {
    code: "DatabaseRefused",
    says: [/permission denied for database/, /grant create on database/],
    command: APPLY,
    make: async ({ server, url, connect }) => {
      await server.query("create role visitor login password 'visitor'");
      const visitor = new URL(url);
      visitor.username = visitor.password = "visitor";
      connect(visitor.href);
    },
  },
  "a ledger that is gone while its tables are there": {
    code: "StepFailed",
    says: [/relation "orders" already exists/, /line 1 of up/, /create-orders/],
    command: APPLY,
    make: async ({ apply, database }) => {
      await apply();
      await database("drop schema sterna cascade");
    },
  },
  "SQL that fails": {
    code: "StepFailed",
    says: [
      /column "idd" of relation "orders" does not exist/,
      /line 2 of up:\n\s*update orders set idd = 2\n\s+\^/,
      /create-orders/,
    ],
    command: APPLY,
    make: ({ define }) => define(sqlStep({ up: "create table orders (id int);\nupdate orders set idd = 2" })),
  },
  "a table that another transaction holds": {
    code: "DatabaseLockTimeout",
    says: [/end it with pg_terminate_backend/, /let the step wait longer with `lockTimeout`/, /create-orders/],
    command: APPLY,
    make: async ({ url, database, define, endings }) => {
      await database("create table busy (n int)");
      const blocker = new Client({ connectionString: url });
      await blocker.connect();
      await blocker.query("begin; select * from busy");
      endings.push(() => blocker.end());
      define(sqlStep({ up: "alter table busy add column c int", lockTimeout: 0.05 }));
    },
  },
  "an applied step that is removed": {
    code: "AppliedStepRemoved",
    says: [/removed: \["one"\]/],
    make: async ({ define, apply }) => {
      define(one, two);
      await apply();
      define({ ...two, after: [] });
    },
  },
  "a step that is inserted before applied ones": {
    code: "StepOutOfOrder",
    says: [/outOfOrder: \["between"\]/],
    make: async ({ define, apply }) => {
      define(one, two);
      await apply();
      define(one, scriptStep("between", "1.0.0", { after: ["one"] }), { ...two, after: ["between"] });
    },
  },
  "an applied step that is edited": {
    code: "AppliedStepEdited",
    says: [/"one"/, /write a new step for the further change/],
    make: async ({ define, apply }) => {
      define(one);
      await apply();
      define({ ...one, program: { ...one.program, up: "true" } as ProjectStep["program"] });
    },
  },
  "a promotion before the first apply": {
    code: "ReleaseNotApplied",
    says: [/sterna apply shop development/],
    command: ["promote", "shop", "development", "staging"],
    make: ({ define }) => define(one),
  },
  "one database for two environments": {
    code: "LedgerOfOtherEnvironment",
    says: [
      /shop in development/,
      /Give each environment its own ledger: check which database .* staging is connected to/,
    ],
    command: ["promote", "shop", "development", "staging"],
    make: async ({ apply, connect, url }) => {
      await apply();
      connect(url, "staging");
    },
  },
  "a rollback before that of the next environment": {
    code: "NextEnvironmentNewer",
    says: [/sterna rollback shop staging/],
    command: ["rollback", "shop", "development", "--to", "0.1.0"],
    make: async ({ project, define, apply }) => {
      define(one);
      project.pin({ development: "1.0.0", staging: "1.0.0", production: "0.1.0" });
      await apply();
    },
  },
  "a plan while another run holds the state": {
    code: "StateLocked",
    says: [/holds it \(OperationTypeApply\) since/, /--lock-timeout 10m/, /sterna unlock shop development --id/],
    make: async ({ project, define, run, endings }) => {
      define({ ...one, program: { ...one.program, up: 'echo up one >> "$WORLD"; sleep 8' } as ProjectStep["program"] });
      const holding = run(...APPLY);
      endings.push(() => holding);
      while (!existsSync(project.path("world-development"))) await sleep(50);
    },
  },
  "a saved plan of another synthesis": {
    code: "PlanChanged",
    says: [/sterna plan shop development/],
    command: ["apply", "shop", "development"],
    make: async ({ define, run }) => {
      define(one);
      expect(await run("plan", "shop", "development")).toMatchObject({ status: 2 });
      define(one, two);
      await run("status");
    },
  },
  "an apply that nobody approves": {
    code: "ApprovalMissing",
    says: [/--auto-approve/, /sterna plan shop development/],
    command: ["apply", "shop", "development"],
    make: ({ define }) => define(one),
  },
  "a command of another tool": {
    code: "InvalidUsage",
    says: [/sterna plan <system> <environment>/],
    command: ["diff", "shop", "development"],
    make: () => {},
  },
  "a command without its arguments": {
    code: "InvalidUsage",
    says: [/system/],
    command: ["plan"],
    make: () => {},
  },
  "no credentials of AWS": {
    code: "TerraformFailed",
    says: [/No valid credential sources found/, /AWS_PROFILE=/, ENV_FILE, /aws sso login/],
    make: ({ project }) =>
      project.define({
        provider: true,
        providers: {
          aws: { source: "hashicorp/aws", version: awsProvider.version, configuration: [{ region: "us-east-1" }] },
        },
        resources: { aws_sqs_queue: { orders: { name: "orders" } } },
      }),
  },
  "a misspelled system": {
    code: "UnknownSystem",
    says: [/did you mean "shop"/],
    command: ["plan", "shap", "development"],
    make: () => {},
  },
};

/** A plan takes seconds: the others run with all tests. */
const SAMPLE = [
  ...["a variable that is not set", "a wrong password", "SQL that fails"],
  ...["an apply that nobody approves", "a command of another tool", "a command without its arguments"],
];
const CHOSEN = Object.entries(MISTAKES).filter(([name]) => isFull || SAMPLE.includes(name));

requires(
  "terraform",
  "postgres",
  "aws_provider",
)("a mistake that a plan or an apply meets gets its code, its cure and its place:", () => {
  let server: PostgresServer;
  let place: Place;
  let projects = 0;

  beforeAll(async () => void (server = await startPostgres()), 60_000);
  afterAll(() => server?.stop());
  beforeEach(async () => {
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    const project = new TestProject({ pins, steps: [sqlStep()], provider: true });
    mkdirSync(project.path(".sterna"));
    const run = (...args: string[]) => runCli(project.directory, args, terraformEnvironment());
    const connect = (url: string | undefined, environment = "development") => {
      const text = url === undefined ? "" : `SHOP_DATABASE_URL='${url}'\n`;
      writeFileSync(project.path(`.sterna/${environment}.env`), text, { mode: 0o600 });
    };
    const urls: string[] = [];
    for (const environment of ENVIRONMENTS) {
      urls.push(await server.createDatabase(`${environment}_${++projects}`));
      connect(urls.at(-1), environment);
    }
    place = {
      ...{ project, server, run, connect, endings: [], url: urls[0]! },
      define: (...steps) => project.define({ steps, provider: true }),
      database: (sql) => server.query(sql, new URL(urls[0]!).pathname.slice(1)),
      apply: async (environment = "development") =>
        void expect(await run("apply", "shop", environment, "--auto-approve")).toMatchObject({ status: 0 }),
    };
  });
  afterEach(async () => {
    for (const end of place.endings) await end();
    rmSync(place.project.directory, { recursive: true, force: true });
  });

  it.each(CHOSEN)(
    "%s",
    async (_name, { code, says, command = ["plan", "shop", "development"], make }) => {
      // GIVEN
      await make(place);

      // WHEN
      const run = await place.run(...command, "--json");

      // THEN
      const { error } = run.json<{ error: { code: string; message: string } }>();
      expect(error.code).toBe(code);
      for (const text of says) expect(error.message).toMatch(text);
      expect(run.status).not.toBe(0);
    },
    120_000,
  );
});
