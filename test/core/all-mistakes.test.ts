import { describe, expect, test } from "@jest/globals";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, Fn, Testing, TerraformStack, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import { execa } from "execa";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BackupTimer } from "../../lib/aws/backup/backup-timer";
import { DumpTimer } from "../../lib/aws/backup/dump-timer";
import { HostBackupTimer } from "../../lib/backup/host-backup-timer";
import { RestoreDrill } from "../../lib/aws/backup/restore-drill";
import { BlueGreenService } from "../../lib/aws/blue-green/blue-green-service";
import { RotatingSecret } from "../../lib/aws/secrets/rotating-secret";
import { DataSyncTask } from "../../lib/aws/storage/data-sync-task";
import { TieredBucket } from "../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../lib/aws/storage/tiered-bucket-props";
import { Duration } from "../../lib/core/duration";
import { isKnownProps } from "../../lib/core/check-props";
import { PROBLEMS_FILE, ValidationError } from "../../lib/core/errors";
import { BackupTimer as GoogleBackupTimer } from "../../lib/google/backup/backup-timer";
import { RotatingSecret as GoogleRotatingSecret } from "../../lib/google/secrets/rotating-secret";
import { TieredBucket as GoogleTieredBucket } from "../../lib/google/storage/tiered-bucket";
import { TransferJob } from "../../lib/google/storage/transfer-job";
import { Gate, Gates, Migration, SqlStep, type SqlStepProps } from "../../lib/index";
import { Schedule } from "../../lib/schedule/schedule";
import { Tier } from "../../lib/storage/tier";
import { repositoryRoot } from "../support/repository";
import { synthesize, type SynthesizedStack } from "../support/synth";
import { TestApp, thrownBy } from "../support/system-stack";

const FOUR_MISTAKES: TieredBucketProps = {
  bucketName: "Bad_Name",
  forceDestroy: true,
  lifecycleRules: [
    {
      id: "a",
      transitions: [
        { tier: Tier.archive, after: Duration.days(1) },
        { tier: Tier.infrequentAccess, after: Duration.days(2) },
      ],
    },
  ],
};

const FOUR_CODES = ["InvalidBucketName", "ForceDestroyNotAllowed", "TransitionTooEarly", "RetrievalDelayNotAccepted"];

function synthesizeOnAws(declare: (stack: TerraformStack) => void): SynthesizedStack {
  return synthesize((stack) => {
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    declare(stack);
  });
}

function newStack(): TerraformStack {
  return new TerraformStack(Testing.app(), "test");
}

describe("the mistakes of a construct", () => {
  test("are all told at once, each with its code, its cure, the path and the line", () => {
    // when
    const error = thrownBy(() => new TieredBucket(newStack(), "files", FOUR_MISTAKES)) as ValidationError;

    // then
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.code).toBe("InvalidBucketName");
    expect(error.problems.map(({ code }) => code)).toEqual(FOUR_CODES);
    for (const { code, message, constructPath, location } of error.problems) {
      expect(constructPath).toBe("test/files");
      expect(message).toMatch(/\[at test\/files\]$/);
      expect(location).toMatch(/all-mistakes\.test\.ts:\d+:\d+$/);
      expect(error.message).toContain(`${code}: `);
    }
    expect(error.message).toMatch(/^4 mistakes:\n/);
  });

  test("are one message without a number when there is one", () => {
    const error = thrownBy(() => new TieredBucket(newStack(), "files", { bucketName: "Bad_Name" }));
    expect(error).toMatchObject({
      code: "InvalidBucketName",
      message: expect.stringMatching(/^bucketName "Bad_Name"/),
    });
  });

  test("of a backup timer are all told, too", () => {
    // when
    const error = thrownBy(
      () =>
        new BackupTimer(newStack(), "nightly", {
          name: "Nightly Backup",
          schedule: Schedule.every(Duration.minutes(1)),
          retention: Duration.hours(30),
        }),
    );

    // then
    const codes = (error as ValidationError).problems.map(({ code }) => code);
    expect(codes).toEqual(["InvalidBackupTimer", "BackupSelectsNothing", "InvalidBackupTimer", "ScheduleTooFrequent"]);
  });
});

/** The variables with which `sterna` and plain `cdktf synth` run an app. */
const RUNNERS = [PROBLEMS_FILE, "CDKTF_OUTDIR"];

describe.each(RUNNERS)("the mistakes of an app that is run with %s", (variable) => {
  test("come together from all constructs when it is synthesized", () => {
    // given
    const folder = mkdtempSync(join(tmpdir(), "sterna-problems-"));
    process.env[variable] = join(folder, "problems.json");
    try {
      const app = new App({ outdir: join(folder, "out") });
      const stack = new TerraformStack(app, "test");

      // when
      new TieredBucket(stack, "files", FOUR_MISTAKES);
      new GoogleTieredBucket(stack, "copies", { bucketName: "google-copies", location: "nowhere" });
      const error = thrownBy(() => app.synth());

      // then
      const problems = (error as ValidationError).problems.map(({ code, constructPath }) => [constructPath, code]);
      expect(problems).toEqual([
        ...FOUR_CODES.map((code) => ["test/files", code]),
        ["test/copies", "InvalidGoogleBucketName"],
        ["test/copies", "InvalidGoogleLocation"],
      ]);
    } finally {
      delete process.env[variable];
      rmSync(folder, { recursive: true });
    }
  });

  test("come together from stacks, gates, migrations, steps and the order of steps", () => {
    // given
    const folder = mkdtempSync(join(tmpdir(), "sterna-problems-"));
    process.env[variable] = join(folder, "problems.json");
    const waiversFile = join(folder, "waivers.json");
    writeFileSync(waiversFile, "[");
    const acknowledge = { MigrationWithoutBackup: "nothing is there yet" };
    try {
      const test = new TestApp(folder);

      // when
      const wrong = test.stack({ system: "Shop", release: "9.9.9" });
      new Gates(wrong, "gates", {
        gates: [Gate.recentBackup(Duration.days(1)), Gate.recentBackup(Duration.days(1))],
        waiversFile,
      });
      new Migration(wrong, "first", { from: "1.0.0", to: "0.1.0", steps: (m) => void sqlStep(m, "Bad_Id") });
      const other = test.stack();
      const steps = (m: Migration) => {
        sqlStep(m, "one", { after: ["none"] });
        sqlStep(m, "two", { after: ["neither"] });
      };
      new Migration(other, "first", { from: "0.1.0", to: "1.0.0", acknowledge, steps });
      const error = thrownBy(() => test.app.synth());

      // then
      const problems = (error as ValidationError).problems.map(({ code, constructPath }) => [constructPath, code]);
      expect(problems).toEqual([
        ["Shop-development", "InvalidIdentifier"],
        ["Shop-development", "UnknownRelease"],
        ["Shop-development/gates", "DuplicateGate"],
        ["Shop-development/gates", "FileNotJson"],
        ["Shop-development/first", "MigrationBackwards"],
        ["Shop-development/first", "MigrationWithoutBackup"],
        ["Shop-development/first/Bad_Id", "InvalidIdentifier"],
        ["shop-development/first/one", "UnknownStep"],
        ["shop-development/first/two", "UnknownStep"],
      ]);
    } finally {
      delete process.env[variable];
      rmSync(folder, { recursive: true });
    }
  });
});

function sqlStep(scope: Construct, id: string, props: Partial<SqlStepProps> = {}): SqlStep {
  return new SqlStep(scope, id, {
    database: { env: "DATABASE_URL" },
    up: "create table shop_orders ()",
    down: "drop table shop_orders",
    verify: [{ query: "select count(*) from shop_orders", expected: 0 }],
    ...props,
  });
}

test("the mistakes of a migration and of a stack are all told by the constructor where no tool runs the app", () => {
  // given
  const folder = mkdtempSync(join(tmpdir(), "sterna-problems-"));
  const test = new TestApp(folder);
  try {
    // when
    const stack = thrownBy(() => test.stack({ system: "Shop", release: "9.9.9" })) as ValidationError;
    const migration = thrownBy(
      () => new Migration(test.stack(), "first", { from: "0.0.1", to: "0.0.2", steps: () => undefined }),
    ) as ValidationError;

    // then
    expect(stack.problems.map(({ code }) => code)).toEqual(["InvalidIdentifier", "UnknownRelease"]);
    const codes = ["UnknownRelease", "UnknownRelease", "MigrationWithoutBackup"];
    expect(migration.problems.map(({ code }) => code)).toEqual(codes);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("mistakes that an app went on in spite of are told when something else stops it before its synthesis", async () => {
  // given
  const app = `
    const { App, TerraformStack } = require("cdktf");
    const { TieredBucket } = require(${JSON.stringify(join(repositoryRoot, "lib/aws/storage/tiered-bucket"))});
    new TieredBucket(new TerraformStack(new App(), "test"), "files", { bucketName: "Bad_Name" });
    null.crash;`;

  // when
  const options = {
    cwd: repositoryRoot,
    env: { CDKTF_OUTDIR: join(tmpdir(), "sterna-never") },
    reject: false,
  } as const;
  const { stderr, exitCode } = await execa(process.execPath, ["--import", "tsx", "--eval", app], options);

  // then
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("InvalidBucketName: ");
  expect(stderr).toContain("TypeError");
});

type Loose = new (scope: Construct, id: string, props: never) => unknown;

/** Twelve slips of people whose editor does not check types. */
const SLIPS: readonly (readonly [string, Loose, Record<string, unknown>, string, RegExp])[] = [
  ["no name", TieredBucket, {}, "PropertyMissing", /^bucketName is missing; it must be a string/],
  [
    "a number of days",
    TieredBucket,
    { bucketName: "app-files", lifecycleRules: [{ id: "a", expireAfter: 30 }] },
    "PropertyMistyped",
    /^lifecycleRules\[0\]\.expireAfter is 30, and must be a Duration, such as Duration\.days\(30\)/,
  ],
  [
    "a text for a tier",
    TieredBucket,
    {
      bucketName: "app-files",
      lifecycleRules: [{ id: "a", transitions: [{ tier: "STANDARD_IA", after: Duration.days(30) }] }],
    },
    "PropertyMistyped",
    /^lifecycleRules\[0\]\.transitions\[0\]\.tier is "STANDARD_IA", and must be a Tier/,
  ],
  [
    "a location that is no text",
    GoogleTieredBucket,
    { bucketName: "app-files", location: { region: "eu" } },
    "PropertyMistyped",
    /^location is an object, and must be a string/,
  ],
  [
    "a schedule as a text",
    BackupTimer,
    { name: "nightly", schedule: "0 2 * * *", retention: Duration.days(30), resources: ["*"] },
    "PropertyMistyped",
    /^schedule is "0 2 \* \* \*", and must be a Schedule/,
  ],
  [
    "no target",
    DumpTimer,
    { name: "nightly", schedule: Schedule.cron("0 2 * * *") },
    "PropertyMissing",
    /^target is missing; it must be a DumpTarget/,
  ],
  [
    "another scheduler",
    HostBackupTimer,
    { name: "n", schedule: Schedule.cron("0 2 * * *"), planFile: "/p.json", user: "backup", scheduler: "at" },
    "PropertyMistyped",
    /^scheduler is "at", and must be "systemd" or "cron"/,
  ],
  [
    "one vault that is no list",
    RestoreDrill,
    { name: "drill", schedule: Schedule.cron("0 2 * * *"), restore: [], vaultArns: "arn:aws:backup:x" },
    "PropertyMistyped",
    /^vaultArns is "arn:aws:backup:x", and must be a list, each a string/,
  ],
  [
    "a port as a text",
    BlueGreenService,
    { serviceName: "shop", containerPort: "8080" },
    "PropertyMissing",
    /containerPort is "8080", and must be a number/,
  ],
  [
    "a strategy by its name",
    RotatingSecret,
    { secretName: "shop/database", strategy: "randomValue" },
    "PropertyMistyped",
    /^strategy is "randomValue", and must be a RotationStrategy/,
  ],
  [
    "true as a text",
    DataSyncTask,
    { sourceBucketName: "a", destinationBucketName: "b", copyObjectTags: "yes" },
    "PropertyMistyped",
    /^copyObjectTags is "yes", and must be a boolean/,
  ],
  [
    "a misspelled name",
    TransferJob,
    { sourceBucketName: "a", destinationBucketName: "b", startOn: "2027-01-31" },
    "PropertyMissing",
    /no startOn; did you mean "startsOn"\?/,
  ],
];

describe("properties that TypeScript would refuse", () => {
  test.each(SLIPS)("%s: %p names the property, the construct and the line", (_, construct, props, code, message) => {
    // when
    const error = thrownBy(() => new construct(newStack(), "slip", props as never)) as ValidationError;

    // then
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.code).toBe(code);
    const found = error.problems.find((problem) => message.test(problem.message));
    expect(found?.message).toMatch(/, in \S*all-mistakes\.test\.ts:\d+:\d+ \[at test\/slip\]$/);
  });

  test("that are missing altogether are said to be missing", () => {
    const error = thrownBy(() => new GoogleBackupTimer(newStack(), "slip", undefined as never));
    expect(error).toMatchObject({
      code: "PropertyMistyped",
      message: expect.stringMatching(/^the properties are undefined/),
    });
  });

  test("are all told at once, also those of another construct inside of the same secret", () => {
    const error = thrownBy(
      () => new GoogleRotatingSecret(newStack(), "slip", { secretName: 5, replicas: [{ location: 1 }] } as never),
    );
    const messages = (error as ValidationError).problems.map(({ message }) => message.split(/[ ;]/)[0]);
    expect(messages).toEqual(expect.arrayContaining(["secretName", "project", "strategy", "replicas[0].location"]));
  });
});

test("what only Terraform knows passes wherever a text, a number, a list or a boolean is wanted", () => {
  synthesizeOnAws((stack) => {
    const text = new TerraformVariable(stack, "text", { type: "string" }).stringValue;
    const list = Fn.split(",", text);
    new TieredBucket(stack, "files", { bucketName: text, tags: { owner: text } });
    new BackupTimer(stack, "nightly", {
      name: "nightly",
      schedule: Schedule.cron("0 2 * * *"),
      retention: Duration.days(30),
      resources: list,
      alarmTopicArns: [text],
    });
  });
});

test("an instance of the same class of another copy of the package passes", () => {
  // given
  const copy = class Duration {
    toDays = () => 30;
    toSeconds = () => 30 * 86_400;
  };

  // when
  const declared = synthesizeOnAws((stack) => {
    new TieredBucket(stack, "files", {
      bucketName: "app-files",
      abortIncompleteUploadsAfter: new copy() as unknown as Duration,
    });
  });

  // then
  expect(declared.resource.aws_s3_bucket).toBeDefined();
});

test("a name that nothing is close to is no mistake: an object of options may serve several constructs", () => {
  const shared = { bucketName: "app-files", monitoringDashboard: "main" };
  expect(
    synthesizeOnAws((stack) => void new TieredBucket(stack, "files", shared)).resource.aws_s3_bucket,
  ).toBeDefined();
});

test("every construct that checks its properties names an interface that the table has", () => {
  // given
  const lib = join(repositoryRoot, "lib");
  const sources = (readdirSync(lib, { recursive: true }) as string[]).filter((file) => file.endsWith(".ts"));

  // when
  const names = sources.flatMap((file) =>
    [...readFileSync(join(lib, file), "utf8").matchAll(/checkProps\(\w+, "([\w/]+)"/g)].map(([, name]) => name!),
  );

  // then
  expect(names.length).toBeGreaterThanOrEqual(18);
  expect(names.filter((name) => !isKnownProps(name))).toEqual([]);
});
