import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { execa } from "execa";
import { existsSync, readFileSync } from "node:fs";
import { expectExit } from "../../support/expect-exit";
import { CONSTRUCTS, InstalledPackage } from "../../support/installed-package";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";

/** What a stack with one bucket of `sterna/aws` may cost: cdktf and the bindings alone are 388 modules and 71 MB. */
const MOST = { modules: 405, megabytes: 80 };

const APP = `
const { App } = require("cdktf");
const { CommandStep, EnvironmentChain, Ledger, Migration, Pins, Release, SystemStack } = require("sterna");

const app = new App();
const environments = EnvironmentChain.fromFile("environments.json");
const pins = Pins.fromFile("releases.json", { systems: ["shop"], environments });
for (const environment of environments) {
  const stack = new SystemStack(app, {
    system: "shop",
    environment,
    releases: [new Release("1.0.0"), new Release("1.1.0")],
    release: pins.of("shop", environment),
    ledger: Ledger.file(),
  });
  new Migration(stack, "greet", {
    from: "1.0.0",
    to: "1.1.0",
    acknowledge: { MigrationWithoutBackup: "writes a file; nothing is changed or lost" },
    steps: (migration) => {
      new CommandStep(migration, "write-greeting", {
        phase: "expand",
        up: "echo hello > ../../../greeting",
        down: "rm ../../../greeting",
        verify: [{ query: "cat ../../../greeting", expected: "hello" }],
      });
    },
  });
}
app.synth();
`;

const BUCKET = `
const { AwsProvider } = require("@cdktf/provider-aws/lib/provider");
const { App, TerraformStack } = require("cdktf");
const { Duration, Tier } = require("sterna");
const aws = require("sterna/aws");
const { synthesizeStack } = require("sterna/testing");

const stack = new TerraformStack(new App(), "storage");
new AwsProvider(stack, "aws", { region: "eu-central-1" });
new aws.TieredBucket(stack, "data", {
  bucketName: "shop-data",
  lifecycleRules: [{ id: "cool", transitions: [{ tier: Tier.infrequentAccess, after: Duration.days(30) }] }],
});
console.log(JSON.stringify(synthesizeStack(stack).resources("aws_s3_bucket")));
`;

const COST = `
const { AwsProvider } = require("@cdktf/provider-aws/lib/provider");
const { App } = require("cdktf");
const { EnvironmentChain, Ledger, Release, SystemStack } = require("sterna");
const { TieredBucket } = require("sterna/aws");

const app = new App();
const stack = new SystemStack(app, {
  system: "storage",
  environment: new EnvironmentChain([{ name: "development" }]).get("development"),
  releases: [new Release("1.0.0")],
  release: "1.0.0",
  ledger: Ledger.file(),
});
new AwsProvider(stack, "aws", { region: "eu-central-1" });
new TieredBucket(stack, "data", { bucketName: "shop-data" });
app.synth();
const { rss } = process.memoryUsage();
console.log(JSON.stringify({ modules: Object.keys(require.cache).length, megabytes: rss / 1024 ** 2 }));
`;

requires("terraform")("the package, installed beside cdktf and the bindings of AWS alone", () => {
  let project: InstalledPackage;

  beforeAll(async () => {
    project = await InstalledPackage.install();
    project.write("main.js", APP);
    project.write("bucket.js", BUCKET);
    project.write("cost.js", COST);
    project.write("cdktf.json", JSON.stringify({ language: "typescript", app: "node main.js" }));
    project.write("environments.json", JSON.stringify({ environments: [{ name: "development" }] }));
    project.write("releases.json", JSON.stringify({ shop: { development: "1.1.0" } }));
  }, 600_000);
  afterAll(() => project?.remove());

  const sterna = (...args: string[]) =>
    execa(project.path("node_modules/.bin/sterna"), args, {
      cwd: project.directory,
      env: terraformEnvironment({ PATH: process.env.PATH! }),
      extendEnv: false,
      reject: false,
      stdin: "ignore",
    });

  it("brings no package of its own, and not the bindings of Google", () => {
    const lock = JSON.parse(readFileSync(project.path("package-lock.json"), "utf8")) as {
      packages: Record<string, { dependencies?: object }>;
    };
    expect(Object.keys(lock.packages["node_modules/sterna"]!.dependencies ?? {}).length).toBeLessThanOrEqual(8);
    expect(existsSync(project.path("node_modules/@cdktf/provider-google"))).toBe(false);
  });

  it("holds what entry points reach, documentation and schemas, and nothing else", () => {
    const others = project.files.filter(
      (file) =>
        !/^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(file) &&
        !/^(docs|schemas|templates)\//.test(file) &&
        !/^dist\/(bin\/sterna\.js|chunks\/[\w-]+\.js|THIRD_PARTY_NOTICES)$/.test(file) &&
        !/^dist\/lib\/((aws|google|testing|toolkit)\/)?index\.js$/.test(file) &&
        !/^dist\/lib\/.+\.d\.ts$/.test(file) &&
        !/^dist\/(engine|rotator)\/[\w.-]+\.zip$/.test(file),
    );
    expect(others).toEqual([]);
    expect(project.files.filter((file) => /^dist\/lib\/(engine|provider|cli|backups)\//.test(file))).toEqual([]);
  });

  it("names the licenses of what it bundles", () => {
    const notices = readFileSync(project.path("node_modules/sterna/dist/THIRD_PARTY_NOTICES"), "utf8");
    for (const name of ["zod", "pg", "@grpc/grpc-js", "@aws-sdk/client-s3", "google-auth-library", "commander"]) {
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
    }
  });

  it(`synthesizes a bucket with at most ${MOST.modules} modules and ${MOST.megabytes} MB`, async () => {
    const { modules, megabytes } = JSON.parse(await project.node("cost.js")) as typeof MOST;
    expect(modules).toBeLessThanOrEqual(MOST.modules);
    expect(megabytes).toBeLessThanOrEqual(MOST.megabytes);
  });

  it.each([CONSTRUCTS.newest, CONSTRUCTS.oldest])(
    "synthesizes, plans and applies a step with %s",
    async (constructs) => {
      // GIVEN
      await project.npmInstall(constructs);
      project.write("releases.json", JSON.stringify({ shop: { development: "1.1.0" } }));

      // WHEN
      const buckets = JSON.parse(await project.node("bucket.js")) as object[];
      const planned = await sterna("plan", "shop", "development");
      const applied = await sterna("apply", "shop", "development", "--auto-approve");

      // THEN
      expect(buckets).toEqual([expect.objectContaining({ bucket: "shop-data" })]);
      expectExit(planned, 2);
      expect(planned.stdout).toContain("write-greeting");
      expectExit(applied);
      expect(readFileSync(project.path("greeting"), "utf8")).toBe("hello\n");

      // AND back again, with the program that was recorded
      project.write("releases.json", JSON.stringify({ shop: { development: "1.0.0" } }));
      expectExit(await sterna("apply", "shop", "development", "--auto-approve"));
      expect(existsSync(project.path("greeting"))).toBe(false);
    },
  );
});
