import { afterAll, describe, expect, test } from "@jest/globals";
import { App, TerraformResource } from "cdktf";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { SternaError } from "../../lib/core/errors";
import { EnvironmentChain } from "../../lib/environments/environment";
import { Pins } from "../../lib/environments/pins";
import { AppEf } from "../../stacks/app-ef";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import type { SynthesizedStack } from "../support/synth";

const environments = EnvironmentChain.fromFile(join(repositoryRoot, "environments.json"));
// Below the repository, so that paths in the synthesized JSON are the same on every machine.
const scratch = scratchDirectory("app-ef-stack");
const providerPackage = join(scratch, "provider.zip");
writeFileSync(providerPackage, "never unpacked");

afterAll(() => rmSync(scratch, { recursive: true }));

function declare(environment: string, release: string, chain = environments): AppEf {
  return new AppEf(new App({ outdir: relative(process.cwd(), scratch) }), {
    environment: chain.get(environment),
    release,
    providerPackage,
  });
}

function synthesize(environment: string, release: string): SynthesizedStack {
  const stack = declare(environment, release);
  (stack.node.root as App).synth();
  return JSON.parse(readFileSync(stack.place.file("cdk.tf.json"), "utf8")) as SynthesizedStack;
}

function thrownBy(work: () => void): SternaError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as SternaError;
  }
}

describe("addresses", () => {
  const committed = JSON.parse(readFileSync(join(__dirname, "app-ef.addresses.json"), "utf8")) as object;

  test.each(environments.names)("in %s every construct keeps its Terraform address", (environment) => {
    const stack = declare(environment, "1.0.0");
    const resources = stack.node
      .findAll()
      .filter((node): node is TerraformResource => node instanceof TerraformResource);
    const addresses = resources.map((resource) => [
      resource.node.scopes
        .slice(2)
        .map(({ node }) => node.id)
        .join("/"),
      `${resource.terraformResourceType}.${resource.friendlyUniqueId}`,
    ]);

    // Another address destroys the resource and makes a new one, or rolls the step back and runs it again.
    expect(Object.fromEntries(addresses)).toEqual(committed);
  });
});

describe("pinned to 1.0.0", () => {
  test("the development stack is as committed", () => {
    const { terraform, ...rest } = synthesize("development", "1.0.0");
    expect(rest).toMatchSnapshot();
    expect(terraform).toMatchObject({ required_providers: { aws: { source: "hashicorp/aws" } } });
  });

  test("the bucket has the ladder of the guide, and its tiering", () => {
    const { resource } = synthesize("production", "1.0.0");
    const [lifecycle] = Object.values(resource.aws_s3_bucket_lifecycle_configuration!);
    const [tiering] = Object.values(resource.aws_s3_bucket_intelligent_tiering_configuration!);

    expect(lifecycle!.rule).toContainEqual(
      expect.objectContaining({
        transition: [
          { days: 90, storage_class: "STANDARD_IA" },
          { days: 180, storage_class: "GLACIER" },
        ],
      }),
    );
    expect(tiering).toMatchObject({ name: "app-ef-tiering" });
  });

  test("each step waits for the one before, from the backup to the checks", () => {
    const steps = synthesize("development", "1.0.0").resource.sterna_step!;
    const chain = [
      "backup-data",
      "create-schema",
      "import-projects",
      "copy-files-bulk",
      "copy-files-delta",
      "migrate-env",
      "check-health",
      "check-projects",
    ];

    expect(Object.keys(steps).sort()).toEqual([...chain].sort());
    for (const [index, id] of chain.entries()) {
      expect(steps[id]!.depends_on ?? []).toEqual(
        chain.slice(Math.max(index - 1, 0), index).map((other) => `sterna_step.${other}`),
      );
    }
  });

  test("files are copied to a bucket that is versioned, encrypted and private already", () => {
    const { resource } = synthesize("development", "1.0.0");
    const [ownership] = Object.keys(resource.aws_s3_bucket_ownership_controls!);
    expect(resource.sterna_step!["copy-files-bulk"]!.variables).toMatchObject({
      "to.bucket": `\${aws_s3_bucket_ownership_controls.${ownership}.bucket}`,
    });
  });

  test("all environments run the same programs, and every one but the first asks the one before for proof", () => {
    const [development, staging, production] = environments.names.map(
      (name) => synthesize(name, "1.0.0").resource.sterna_step!,
    );
    for (const [id, step] of Object.entries(development!)) {
      expect(staging![id]!.program).toBe(step.program);
      expect(production![id]!.program).toBe(step.program);
      expect(step.proof).toBeUndefined();
      expect(JSON.parse(staging![id]!.proof as string)).toMatchObject({ environment: "development" });
      expect(JSON.parse(production![id]!.proof as string)).toMatchObject({ environment: "staging" });
    }
  });

  test("paths lead from the stack's folder, where steps run, to the project", () => {
    const stack = declare("development", "1.0.0");
    const { DATA_DIRECTORY } = environments.get("development").variablesOf("app-ef");
    expect(join(stack.place.folder, stack.variables.DATA_DIRECTORY!)).toBe(join(repositoryRoot, DATA_DIRECTORY!));
  });

  test("the new configuration names the variable that holds the database's URL, and no credentials", () => {
    const steps = synthesize("development", "1.0.0").resource.sterna_step!;
    expect(JSON.parse(steps["migrate-env"]!.program as string)).toMatchObject({
      set: { STORAGE_BACKEND: "s3", DATABASE_URL_ENV: "APP_EF_DATABASE_URL" },
      remove: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL"],
    });
  });
});

describe("pinned to the beta", () => {
  test("there is no step, and the bucket stays", () => {
    const { resource } = synthesize("production", "0.1.0-beta");
    expect(resource.sterna_step).toBeUndefined();
    expect(resource).toEqual(
      // Not a single attribute of the bucket depends on the release.
      Object.fromEntries(
        Object.entries(synthesize("production", "1.0.0").resource).filter(([type]) => type !== "sterna_step"),
      ),
    );
  });
});

describe("refused", () => {
  test("a release that is only planned", () => {
    expect(thrownBy(() => declare("development", "1.1.0"))?.code).toBe("PlannedRelease");
  });

  test.each(["BUCKET", "AWS_REGION", "DATA_DIRECTORY"])("an environment without %s", (name) => {
    const { [name]: _, ...variables } = environments.get("development").variablesOf("app-ef");
    const chain = new EnvironmentChain([{ name: "development", variables: { "app-ef": variables } }]);

    const error = thrownBy(() => declare("development", "1.0.0", chain));

    expect(error?.code).toBe("UnknownVariable");
    expect(error?.message).toContain(name);
  });
});

test("releases.json pins every environment to a release that is out", () => {
  const pins = Pins.fromFile(join(repositoryRoot, "releases.json"), { systems: [AppEf.SYSTEM], environments });
  const released = AppEf.RELEASES.filter(({ planned }) => !planned).map(({ version }) => version);
  for (const environment of environments) expect(released).toContain(pins.of(AppEf.SYSTEM, environment));
});
