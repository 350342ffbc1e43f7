import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { AnnotationMetadataEntryType, TerraformStack } from "cdktf";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TieredBucket } from "../../lib/aws/storage/tiered-bucket";
import { DumpTimer } from "../../lib/aws/backup/dump-timer";
import { BlueGreenService } from "../../lib/aws/blue-green/blue-green-service";
import { BackupTimer } from "../../lib/aws/backup/backup-timer";
import type { ErrorCode } from "../../lib/core/error-codes";
import { problemsIn } from "../../lib/core/errors";
import {
  CommandStep,
  Duration,
  EnvironmentChain,
  Ledger,
  Migration,
  Pins,
  Release,
  SecretReference,
  SqlStep,
  SystemStack,
  type SystemStackProps,
  Tier,
  variable,
} from "../../lib/index";
import { SERVICE } from "../aws/blue-green/service";
import { temporaryDirectory, TestApp, thrownBy } from "../support/system-stack";

const scratch = temporaryDirectory();
const SOURCE = readFileSync(__filename, "utf8").split("\n");

const DATABASE = SecretReference.environment("SHOP_DATABASE_URL");
const VERIFY = [{ query: "select to_regclass('orders') is not null", expected: true }];
const STEP = { database: DATABASE, up: "select 1", down: "select 1", verify: VERIFY };
const MOVE = { from: "0.1.0", to: "1.0.0", acknowledge: { MigrationWithoutBackup: "a test" } };

/** What a user of JavaScript, or of tsx without a type check, may write. */
/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- the mistakes are ones that TypeScript refuses */
type Anything = any;

function aws(app: TestApp): TerraformStack {
  const stack = new TerraformStack(app.app, "files");
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  return stack;
}

function inMigration(stack: SystemStack, steps: (migration: Migration) => void): void {
  new Migration(stack, "to-1", { ...MOVE, steps });
}

const stackProps = (app: TestApp): SystemStackProps => ({
  system: "shop",
  environment: new EnvironmentChain([{ name: "development" }]).get("development"),
  releases: [new Release("0.1.0"), new Release("1.0.0")],
  release: "1.0.0",
  ledger: Ledger.file(),
  providerPackage: app.zip,
});

/** A mistake, the code that it gets, and what the message says to write instead. */
type Mistake = readonly [name: string, code: ErrorCode, cure: RegExp, make: (app: TestApp) => void];

// prettier-ignore
const MISTAKES: readonly Mistake[] = [
  [
    "an acknowledgement that is no reason",
    "PropertyMistyped",
    /acknowledge.*must be.*string/,
    (app) =>
      void new Migration(app.stack(), "to-1", {
        ...MOVE,
        acknowledge: { MigrationWithoutBackup: 5 } as Anything,
        steps: () => undefined,
      }),
  ],
  ["a migration without a backup", "MigrationWithoutBackup", /backup: \(m\) =>/, (app) => void new Migration(app.stack(), "to-1", { from: "0.1.0", to: "1.0.0", steps: () => undefined })],
  ["a migration without steps", "PropertyMissing", /steps is missing; it must be a function/, (app) => void new Migration(app.stack(), "to-1", { ...MOVE } as Anything)],
  ["a migration that leads back", "MigrationBackwards", /`to` must be newer/, (app) => void new Migration(app.stack(), "to-1", { ...MOVE, from: "1.0.0", to: "0.1.0", steps: () => undefined })],
  ["a migration to an unknown release", "UnknownRelease", /0\.1\.0, 1\.0\.0/, (app) => void new Migration(app.stack(), "to-1", { ...MOVE, to: "1.0.1", steps: () => undefined })],
  ["a callback that is async", "InvalidMigration", /must not be async/, (app) => void new Migration(app.stack(), "to-1", { ...MOVE, steps: async () => undefined })],
  ["no verify", "PropertyMissing", /verify is missing; it must be a list/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { database: DATABASE, up: "select 1", down: "select 1" } as Anything))],
  ["an empty verify", "StepNotVerified", /verify/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, verify: [] } as Anything))],
  ["a verify that is a text", "PropertyMistyped", /verify is "select 1", and must be a list/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, verify: "select 1" } as Anything))],
  ["no way back", "StepNotReversible", /irreversible/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, down: undefined } as Anything))],
  ["an undefined database", "PropertyMissing", /database is missing.*SecretReference/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, database: undefined } as Anything))],
  ["a database with a password", "LiteralPassword", /SecretReference\.environment/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, database: "postgresql://a:b@c/d" } as Anything))],
  ["an unknown variable", "UnknownVariable", /environments\.json|EnvironmentChain|variables/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, database: variable("DATABASE") } as Anything))],
  ["a misspelled property", "PropertyUnknown", /did you mean "timeout"/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, timeuot: Duration.minutes(5) } as Anything))],
  ["a timeout that is a number", "PropertyMistyped", /timeout is 30, and must be a Duration, such as Duration\./, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, timeout: 30 } as Anything))],
  ["an unknown phase", "PropertyMistyped", /phase is "before".*"expand" or "migrate" or "contract"/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, phase: "before" } as Anything))],
  ["SQL that PostgreSQL does not understand", "SqlMistake", /creat/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, up: "creat table t (n int)" } as Anything))],
  ["a transaction of its own", "SqlControlsTransaction", /take it out/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, up: "begin; select 1; commit" } as Anything))],
  ["a command of psql", "SqlClientCommand", /write it as SQL or use a CommandStep/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, up: "\\copy t from 'f'" } as Anything))],
  ["an index that needs no transaction", "SqlNotTransactional", /transaction: false/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, up: "create index concurrently i on t (n)" } as Anything))],
  ["a drop while old code runs", "SqlBreaksOldCode", /contract|acknowledge/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, phase: "expand", up: "drop table t" } as Anything))],
  ["a verify that asks nothing", "SqlVerifiesNothing", /select 1/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, verify: [{ query: "select 1", expected: 1 }] } as Anything))],
  ["a service of a system whose rollout has not begun", "PropertyMissing", /rollout is missing; it must be a Rollout/, (app) => void new BlueGreenService(aws(app), "web", { ...SERVICE, rollout: undefined } as Anything)],
  ["a name that Terraform cannot hold", "InvalidIdentifier", /lower-case letters/, (app) => inMigration(app.stack(), (m) => void new SqlStep(m, "Create Table", STEP))],
  [
    "two steps with one id",
    "DuplicateConstruct",
    /give one of them another id/,
    (app) =>
      inMigration(app.stack(), (m) => {
        for (const id of ["one", "one"]) new SqlStep(m, id, STEP);
      }),
  ],
  ["a step outside of a migration", "StackMissing", /steps: \(m\) =>/, (app) => void new SqlStep(app.stack(), "one", STEP)],
  [
    "psql that goes on after an error",
    "PsqlContinuesOnError",
    /ON_ERROR_STOP=1/,
    (app) =>
      inMigration(
        app.stack(),
        (m) =>
          void new CommandStep(m, "one", {
            up: "psql -f a.sql",
            down: "true",
            verify: [{ query: "true", expected: "" }],
          }),
      ),
  ],
  [
    "a days' number for a tier",
    "PropertyMistyped",
    /after is 30, and must be a Duration, such as Duration\.days\(30\)/,
    (app) =>
      void new TieredBucket(aws(app), "files", {
        bucketName: "shop-files",
        lifecycleRules: [{ id: "a", transitions: [{ tier: Tier.archive, after: 30 }] }],
      } as Anything),
  ],
  [
    "a days' text for a tier",
    "PropertyMistyped",
    /after is "30d", and must be a Duration/,
    (app) =>
      void new TieredBucket(aws(app), "files", {
        bucketName: "shop-files",
        lifecycleRules: [{ id: "a", transitions: [{ tier: Tier.archive, after: "30d" }] }],
      } as Anything),
  ],
  [
    "a storage class as a tier",
    "PropertyMistyped",
    /tier is "STANDARD_IA", and must be a Tier, such as Tier\.archive/,
    (app) =>
      void new TieredBucket(aws(app), "files", {
        bucketName: "shop-files",
        lifecycleRules: [{ id: "a", transitions: [{ tier: "STANDARD_IA", after: Duration.days(30) }] }],
      } as Anything),
  ],
  ["no name of a bucket", "PropertyMissing", /bucketName is missing; it must be a string/, (app) => void new TieredBucket(aws(app), "files", {} as Anything)],
  ["a bad name of a bucket", "InvalidBucketName", /lower-case|lowercase/, (app) => void new TieredBucket(aws(app), "files", { bucketName: "Shop_Files" } as Anything)],
  ["no properties at all", "PropertyMistyped", /must be an object, TieredBucketProps/, (app) => void new TieredBucket(aws(app), "files", undefined as Anything)],
  [
    "a schedule that is a text",
    "PropertyMistyped",
    /Schedule\.cron\("0 2 \* \* \*"\)/,
    (app) =>
      void new BackupTimer(aws(app), "nightly", {
        name: "nightly",
        schedule: "0 2 * * *",
        retention: Duration.days(30),
      } as Anything),
  ],
  ["a schedule of a dump that is a text", "PropertyMistyped", /Schedule\.cron/, (app) => void new DumpTimer(aws(app), "nightly", { name: "nightly", schedule: "@daily" } as Anything)],
  [
    "no provider in the stack",
    "ProviderMissing",
    /new AwsProvider\(stack, "aws"/,
    (app) => {
      const stack = new TerraformStack(app.app, "files");
      new TieredBucket(stack, "files", { bucketName: "shop-files" });
      app.app.synth();
    },
  ],
  [
    "a construct after synth",
    "MadeAfterSynth",
    /before app\.synth\(\)/,
    (app) => {
      const stack = app.stack();
      app.app.synth();
      new Migration(stack, "to-1", { ...MOVE, steps: (m) => void new SqlStep(m, "one", STEP) });
    },
  ],
  ["a stack with an unknown release", "UnknownRelease", /0\.1\.0, 1\.0\.0/, (app) => void new SystemStack(app.app, { ...stackProps(app), release: "1.0" })],
  ["a stack without a ledger", "PropertyMissing", /ledger is missing; it must be a Ledger/, (app) => void new SystemStack(app.app, { ...stackProps(app), ledger: undefined as Anything })],
  [
    "a stack without a proof",
    "ProofNotConfigured",
    /previousLedger/,
    (app) =>
      void new SystemStack(app.app, {
        ...stackProps(app),
        environment: new EnvironmentChain([{ name: "a" }, { name: "b" }]).get("b"),
        ledger: Ledger.postgres({ url: DATABASE }),
      }),
  ],
  ["a release that is no version", "InvalidRelease", /"1\.4\.0"/, () => void new Release("v1")],
  ["an unknown environment", "UnknownEnvironment", /there are a/, () => void new EnvironmentChain([{ name: "a" }]).get("b")],
  ["two environments with one name", "DuplicateEnvironment", /name of its own/, () => void new EnvironmentChain([{ name: "a" }, { name: "a" }])],
  ["no environments", "NoEnvironments", /"name": "development"/, () => void new EnvironmentChain([])],
  ["a password in a variable", "LiteralPassword", /SecretReference\.environment\("URL"\)/, () => void new EnvironmentChain([{ name: "a", variables: { shop: { URL: "redis://:b@c" } } }])],
  ["a duration that is negative", "InvalidDuration", /-1/, () => void Duration.days(-1)],
  ["a mistake of JavaScript", "AppFailed", /not a function/, () => void ({} as Anything).nothing()],
];

/** The name of the row that a line of this file is part of. */
function rowOf(line: number): string | undefined {
  const startsRow = (text: string, name: string): boolean =>
    text
      .trim()
      .replace(/^\[/, "")
      .startsWith(`${JSON.stringify(name)},`);
  const names = MISTAKES.map(([name]) => name);
  for (const text of SOURCE.slice(0, line).reverse()) {
    const found = names.find((name) => startsRow(text, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("a mistake in an app gets its code, its cure and the line of the project:", () => {
  test.each(MISTAKES)("%s", (name, code, cure, make) => {
    // WHEN
    const app = new TestApp(scratch);
    const thrown = thrownBy(() => {
      make(app);
      app.app.synth();
    });

    // THEN
    const [problem] = problemsIn(thrown);
    expect(problem).toMatchObject({ code, message: expect.stringMatching(cure) });
    const [, file, line] = /([^/]+):(\d+):\d+$/.exec(problem!.location ?? "") ?? [];
    expect(file).toBe("mistakes.test.ts");
    expect(rowOf(Number(line))).toBe(name);
  });
});

test("a missing environments.json is answered by what to write", () => {
  const [problem] = problemsIn(thrownBy(() => EnvironmentChain.fromFile(join(scratch, "environments.json"))));

  expect(problem).toMatchObject({
    code: "FileUnreadable",
    message: expect.stringMatching(
      /there is no .*environments\.json.*\{ "environments": \[\{ "name": "development" \}/,
    ),
    location: expect.stringMatching(/mistakes\.test\.ts:\d+:\d+$/),
  });
});

/** SQL that locks a table for long: its code, and what to write instead. */
// prettier-ignore
const WARNED: readonly (readonly [name: string, code: ErrorCode, cure: RegExp, up: string])[] = [
  ["a plain index on a table in use", "SqlIndexBlocksWrites", /concurrently/, "create index i on t (n)"],
  ["a new type of a column", "SqlRewritesTable", /add a column, copy in batches/, "alter table t alter column n type bigint"],
  ["not null on a big table", "SqlScansUnderLock", /not valid/, "alter table t alter column n set not null"],
];

test.each(WARNED)("a warning with code, cure and construct comes for %s", (_name, code, cure, up) => {
  // WHEN
  const app = new TestApp(scratch);
  inMigration(app.stack(), (m) => void new SqlStep(m, "one", { ...STEP, up }));
  app.app.synth();

  // THEN
  const warnings = app.app.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === AnnotationMetadataEntryType.WARN)
        .map(({ data }) => [node.path, data]),
    );
  expect(warnings).toContainEqual([
    "shop-development/to-1/one",
    expect.stringMatching(new RegExp(`^${code}: .*(?:${cure.source}).*acknowledge: \\{ ${code}: "`, "s")),
  ]);
});

const ENVIRONMENTS = { environments: [{ name: "development" }, { name: "staging" }] };

/** A mistake in a file: its text, the code, and what the message says. */
// prettier-ignore
const FILE_MISTAKES: readonly (readonly [name: string, pins: string | undefined, code: ErrorCode, cure: RegExp])[] = [
  ["is missing", undefined, "FileUnreadable", /there is no.*releases\.json.*\{ "shop": \{ "development": "1\.0\.0"/s],
  ["is not JSON", '{ "shop": {\n  "development": "1.0.0",\n} }', "FileNotJson", /releases\.json.*(line 3|3:\d)/s],
  ["has a number as a release", '{ "shop": { "development": 1.1, "staging": "1.0.0" } }', "InvalidPins", /shop\.development.*write "1\.1\.0" in quotes/s],
  ["has a release that is none", '{ "shop": { "development": "v1", "staging": "1.0.0" } }', "InvalidPins", /shop\.development.*such as "1\.4\.0"/s],
  ["misses an environment", '{ "shop": { "development": "1.0.0" } }', "MissingPin", /staging/],
  ["names an unknown system", '{ "shop": { "development": "1.0.0", "staging": "1.0.0" }, "shpo": {} }', "UnknownSystem", /shpo/],
  ["skips an environment", '{ "shop": { "development": "1.0.0", "staging": "1.1.0" } }', "PinSkipsEnvironment", /development/],
];

describe("a mistake in releases.json gets its code, its cure and its place: one that", () => {
  test.each(FILE_MISTAKES)("%s", (name, text, code, cure) => {
    // GIVEN
    const file = join(scratch, `${name.replaceAll(" ", "-")}-releases.json`);
    if (text !== undefined) writeFileSync(file, text);
    const environments = new EnvironmentChain(ENVIRONMENTS.environments);

    // WHEN
    const thrown = thrownBy(() => {
      const pins = Pins.fromFile(file, { systems: ["shop"], environments });
      for (const environment of environments) pins.of("shop", environment);
    });

    // THEN
    const [problem] = problemsIn(thrown);
    expect(problem).toMatchObject({ code, message: expect.stringMatching(cure) });
    expect(problem!.location).toMatch(/mistakes\.test\.ts:\d+:\d+$/);
  });
});
