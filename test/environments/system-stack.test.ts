import { describe, expect, test } from "@jest/globals";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { TerraformStack, Testing } from "cdktf";
import { Construct } from "constructs";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { Backend, EnvironmentChain, Ledger, Release, SecretReference, SystemStack } from "../../lib/index";
import { stackManifest } from "../../lib/manifest/stack-manifest";
import { ledgerConfig } from "../../lib/manifest/ledger-config";
import { errorOf, releases, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();
const chain = new EnvironmentChain([
  { name: "development" },
  { name: "staging" },
  { name: "production", protected: true },
]);
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

test("a stack is called after its system and its environment, and says so in sterna.json", () => {
  // GIVEN
  const app = new TestApp(directory);
  app.stack({
    environment: chain.get("production"),
    releases: releases("1.10.0", "1.2.0", "0.1.0-beta"),
    release: "1.2.0",
  });
  // WHEN
  const manifest = stackManifest.parse(app.synthesize("shop-production", "sterna.json"));
  // THEN
  expect(manifest).toMatchObject({
    stack: "shop-production",
    system: "shop",
    environment: "production",
    order: 2,
    previous: "staging",
    protected: true,
    release: "1.2.0",
    releases: ["0.1.0-beta", "1.2.0", "1.10.0"],
  });
});

test("every stack has Sterna's provider of this version, and its zip for every platform", () => {
  // GIVEN
  const app = new TestApp(directory);
  app.stack();
  // WHEN
  const { terraform, provider } = app.synthesize("shop-development");
  // THEN
  expect(terraform).toMatchObject({
    required_version: ">= 1.5",
    required_providers: { sterna: { source: "sterna/sterna", version } },
  });
  expect(provider.sterna[0].environment).toBe("development");
  const place = app.file("shop-development", "terraform.d/plugins/registry.terraform.io/sterna/sterna");
  expect(readdirSync(place).sort()).toEqual(
    ["darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"].map(
      (name) => `terraform-provider-sterna_${version}_${name}.zip`,
    ),
  );
});

test("a provider that was not built is a clear error, and nothing is written", () => {
  // GIVEN
  const app = new TestApp(directory);
  app.stack();
  rmSync(app.zip);
  // WHEN
  const error = errorOf(() => app.app.synth());
  // THEN
  expect(error.code).toBe("ProviderNotBuilt");
  expect(error.message).toMatch(/provider\.zip is missing; run `npm run build` \[at shop-development\]$/);
  expect(existsSync(app.file("shop-development"))).toBe(false);
});

test("sources of providers are written in full", () => {
  // GIVEN
  const app = new TestApp(directory);
  const stack = app.stack();
  new AwsProvider(stack, "aws", { region: "eu-west-1" });
  new S3Bucket(stack, "bucket", {});
  // THEN
  expect(app.synthesize("shop-development").terraform.required_providers.aws).toEqual({
    source: "hashicorp/aws",
    version: "5.100.0",
  });
});

test("the ledger is asked for exactly the steps of the stack, and a check warns about others", () => {
  // GIVEN
  const app = new TestApp(directory);
  const stack = app.stack();
  stack.expectStep("create-schema");
  // WHEN
  const { data, check } = app.synthesize("shop-development");
  // THEN
  expect(data.sterna_ledger.ledger).toMatchObject({ system: "shop", expected: ["create-schema"] });
  expect(check.ledger).toEqual({
    assert: [
      {
        condition: "${length(data.sterna_ledger.ledger.unexpected) == 0}",
        error_message: expect.stringContaining('${join(", ", data.sterna_ledger.ledger.unexpected)}'),
      },
    ],
  });
});

test("HCL output is refused, because blocks would be missing in it", () => {
  // GIVEN
  const app = new TestApp(directory);
  app.stack();
  process.env.SYNTH_HCL_OUTPUT = "true";
  // THEN
  try {
    expect(errorOf(() => app.app.synth()).code).toBe("HclOutputUnsupported");
  } finally {
    delete process.env.SYNTH_HCL_OUTPUT;
  }
});

describe("releases", () => {
  const stackOf = (release: string, known: Release[]) =>
    errorOf(() => new TestApp(directory).stack({ release, releases: known }));

  test("a pin to an unknown release names the known ones and the stack", () => {
    expect(stackOf("2.0.0", releases("1.0.0", "0.1.0"))).toEqual({
      code: "UnknownRelease",
      message: 'shop has no release "2.0.0"; it has 0.1.0, 1.0.0 [at shop-development]',
    });
  });

  test("a planned release cannot be pinned", () => {
    // GIVEN
    const known = [...releases("1.0.0"), new Release("1.1.0", { planned: true })];
    // THEN
    expect(stackOf("1.1.0", known)).toMatchObject({
      code: "PlannedRelease",
      message: expect.stringMatching(/pin one of 1\.0\.0, or/),
    });
  });

  test("a release that is listed twice is refused", () => {
    expect(stackOf("1.0.0", releases("1.0.0", "0.1.0", "1.0.0")).code).toBe("DuplicateRelease");
  });
});

describe("ledgers", () => {
  const providerOf = (ledger: Ledger, environment = "development", proof?: Ledger) => {
    const app = new TestApp(directory);
    app.stack({ ledger, previousLedger: proof, environment: chain.get(environment) });
    return { app, ledger: JSON.parse(app.synthesize(`shop-${environment}`).provider.sterna[0].ledger) };
  };

  test("the default ledger is a directory of the project, as seen from the stack's folder", () => {
    // WHEN
    const { app, ledger } = providerOf(Ledger.file());
    // THEN
    expect(join(app.file("shop-development"), ledger.directory)).toBe(
      join(process.cwd(), ".sterna/ledger/shop-development"),
    );
    expect(ledgerConfig.parse(ledger).kind).toBe("file");
  });

  test("an absolute directory stays absolute", () => {
    expect(providerOf(Ledger.file({ directory: "/srv/ledger" })).ledger.directory).toBe("/srv/ledger/shop-development");
  });

  test("a ledger in PostgreSQL is told where its URL is, not what it is", () => {
    // WHEN
    const { ledger } = providerOf(Ledger.postgres({ url: SecretReference.environment("LEDGER_URL") }));
    // THEN
    expect(ledger).toEqual({ kind: "postgres", url: { env: "LEDGER_URL" }, schema: "sterna" });
  });

  test("a URL with a password is refused", () => {
    expect(errorOf(() => Ledger.postgres({ url: "postgresql://u:hunter2@db/x" }))).toMatchObject({
      code: "LiteralPassword",
      message: expect.not.stringContaining("hunter2"),
    });
  });

  test("a ledger in a bucket is told with its prefix, in which each environment has its own place", () => {
    // WHEN
    const s3 = providerOf(Ledger.s3({ bucketName: "shop-ledger", region: "eu-west-1" })).ledger;
    const gcs = providerOf(Ledger.gcs({ bucketName: "shop-ledger", prefix: "" })).ledger;
    // THEN
    expect(s3).toEqual({ kind: "s3", bucket: "shop-ledger", prefix: "sterna/", region: "eu-west-1" });
    expect(gcs).toEqual({ kind: "gcs", bucket: "shop-ledger", prefix: "" });
  });

  test.each(["sterna", "/sterna/", "a//b/"])(
    "a prefix %p is refused, since keys would run into each other",
    (prefix) => {
      expect(errorOf(() => Ledger.s3({ bucketName: "shop-ledger", prefix }))).toMatchObject({
        code: "InvalidLedger",
        message: expect.stringContaining(
          'prefix: must be empty or end with one slash, and not begin with one: "sterna/"',
        ),
      });
    },
  );

  test("the ledger of another stack does not follow from one in a bucket", () => {
    expect(errorOf(() => providerOf(Ledger.s3({ bucketName: "shop-production" }), "staging"))).toMatchObject({
      code: "ProofNotConfigured",
      message: expect.stringContaining('Ledger.s3({ bucketName: "…" })'),
    });
  });

  test("an environment after the first must be told where the proof is, unless it follows from its own ledger", () => {
    // GIVEN
    const url = SecretReference.environment("LEDGER_URL");
    // THEN
    expect(errorOf(() => providerOf(Ledger.postgres({ url }), "staging"))).toMatchObject({
      code: "ProofNotConfigured",
      message: expect.stringMatching(/the ledger of development is not given; .*\[at shop-staging\]$/),
    });
    expect(providerOf(Ledger.postgres({ url }), "staging", Ledger.file()).ledger.kind).toBe("postgres");
    expect(new TestApp(directory).stack({ environment: chain.get("development") }).proof).toBeUndefined();
    expect(JSON.parse(new TestApp(directory).stack({ environment: chain.get("staging") }).proof!)).toMatchObject({
      environment: "development",
      ledger: { kind: "file", directory: expect.stringMatching(/\.sterna\/ledger\/shop-development$/) },
    });
  });
});

describe("backends", () => {
  const terraformOf = (backend?: Backend) => {
    const app = new TestApp(directory);
    app.stack({ backend });
    return { app, terraform: app.synthesize("shop-development").terraform };
  };

  test("the default is a file of the project, as seen from the stack's folder", () => {
    // WHEN
    const { app, terraform } = terraformOf();
    // THEN
    const file = join(process.cwd(), "terraform.shop-development.tfstate");
    expect(terraform.backend.local.path).toBe(relative(app.file("shop-development"), file));
  });

  test("S3 locks with a lock file and encrypts, which needs Terraform 1.10", () => {
    expect(
      terraformOf(
        Backend.s3({ bucketName: "states", region: "eu-west-1", keyPrefix: "sterna", kmsKeyArn: "alias/states" }),
      ).terraform,
    ).toMatchObject({
      required_version: ">= 1.10",
      backend: {
        s3: {
          bucket: "states",
          region: "eu-west-1",
          key: "sterna/shop-development.tfstate",
          encrypt: true,
          use_lockfile: true,
          kms_key_id: "alias/states",
        },
      },
    });
  });

  test("Google Cloud Storage keeps each stack under a name of its own", () => {
    expect(terraformOf(Backend.gcs({ bucketName: "states", prefix: "sterna" })).terraform.backend.gcs).toEqual({
      bucket: "states",
      prefix: "sterna/shop-development",
    });
  });

  test.each([
    [
      "an empty bucket",
      () => Backend.s3({ bucketName: "", region: "eu-west-1", keyPrefix: "sterna" }),
      /bucket of Backend\.s3/,
    ],
    [
      "a prefix that ends with a slash",
      () => Backend.gcs({ bucketName: "states", prefix: "sterna/" }),
      /prefix of Backend\.gcs.*"sterna\/"/,
    ],
  ])("%s is refused", (_what, make, message) => {
    expect(errorOf(make)).toMatchObject({ code: "InvalidBackend", message: expect.stringMatching(message) });
  });
});

test("the synthesized JSON is the same wherever the project is checked out", () => {
  // GIVEN
  const previous = process.cwd();
  const synthesizeIn = (project: string) => {
    const outer = temporary(project);
    process.chdir(outer);
    try {
      const stack = new TestApp(outer).stack({ environment: chain.get("staging") });
      return Testing.synth(stack).replaceAll(/out-\w+/g, "out");
    } finally {
      process.chdir(previous);
    }
  };
  // THEN
  expect(synthesizeIn("a")).toBe(synthesizeIn("another"));
});

function temporary(name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}

test("a name that Terraform or the ledger cannot hold is refused", () => {
  expect(errorOf(() => new TestApp(directory).stack({ system: "Shop" })).code).toBe("InvalidIdentifier");
});

test("a construct outside of a SystemStack finds none", () => {
  // GIVEN
  const app = new TestApp(directory);
  const stack = app.stack();
  // THEN
  expect(SystemStack.of(new Construct(stack, "inside"))).toBe(stack);
  expect(errorOf(() => SystemStack.of(new Construct(app.app, "outside")))).toEqual({
    code: "StackMissing",
    message: "make this construct inside of a SystemStack [at outside]",
  });
});

describe("what is made after app.synth(), as behind a forgotten await, is an error", () => {
  test.each<[string, (stack: SystemStack) => unknown]>([
    ["in the stack", (stack) => new Construct(stack, "late")],
    ["deep inside of it", (stack) => new Construct(stack.node.findChild("group"), "late")],
    ["as another stack", (stack) => new TerraformStack(stack.node.scope!, "late")],
  ])("%s", (_, make) => {
    // GIVEN
    const test = new TestApp(directory);
    const stack = test.stack();
    new Construct(stack, "group");
    const other = new TerraformStack(test.app, "other");
    other.addOverride("locals.a", 1);

    // WHEN
    test.app.synth();

    // THEN
    expect(errorOf(() => make(stack))).toMatchObject({
      code: "MadeAfterSynth",
      message: expect.stringContaining("is an `await` missing?"),
    });
  });
});
