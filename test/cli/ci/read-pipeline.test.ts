import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPipeline } from "../../../lib/pipelines/pipeline";
import type { Project } from "../../../lib/toolkit/project/project";
import type { SynthesizedSystem } from "../../../lib/promotion/plan/synthesized-steps";
import { scratchDirectory } from "../../support/repository";

describe("where a pipeline's state is kept", () => {
  let directory: string;
  const read = (terraform: object) => {
    const environmentsFile = join(directory, "environments.json");
    const records = { kind: "s3", bucket: "example-records" };
    writeFileSync(environmentsFile, JSON.stringify({ environments: [{ name: "staging" }], records }));
    writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify({ terraform }));
    const ledger = JSON.stringify({ kind: "s3", bucket: "example-ledger", prefix: "sterna/" });
    const place = { stack: "shop-staging", system: "shop", environment: "staging", order: 0 };
    const system = { ...place, directory, ledger } as unknown as SynthesizedSystem;
    const project = { directory, environmentsFile } as Project;
    const options = { branch: "main", schedule: "17 3 * * *", node: "22", terraform: "1.14.0", top: directory };
    return readPipeline(project, { systems: [system], warnings: [] }, options);
  };
  beforeEach(() => {
    directory = scratchDirectory("read-pipeline");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([
    ["a bucket", { backend: { s3: { bucket: "example-state" } } }],
    ["HCP Terraform", { cloud: { organization: "example", workspaces: { name: "shop-staging" } } }],
  ])("may be %s", (_name, terraform) => {
    expect(read(terraform).stacks).toHaveLength(1);
  });

  it.each([
    ["nowhere in particular", {}],
    ["a folder of the checkout", { backend: { local: { path: "terraform.tfstate" } } }],
  ])("may not be %s: the next checkout would not have it", (_name, terraform) => {
    expect(() => read(terraform)).toThrow(expect.objectContaining({ code: "StateInCheckout" }));
  });
});
