import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { INVALID_BUCKETS } from "../aws/storage/invalid-buckets";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform } from "../support/terraform";

requires("terraform", "aws_provider")("the mistakes that Sterna refuses, written in Terraform", () => {
  let directory: string;

  beforeAll(() => {
    directory = scratchDirectory("storage-raw");
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("are all accepted by terraform validate", async () => {
    // given
    const written = INVALID_BUCKETS.filter(({ raw }) => raw.length > 0);
    expect(written.length).toBeGreaterThanOrEqual(40);
    const resource: Record<string, Record<string, unknown>> = {};
    for (const { code, raw } of written) {
      raw.forEach(([type, body], index) => {
        (resource[type] ??= {})[`${code}_${index}`] = body;
      });
    }
    const required_providers = { aws: { source: "hashicorp/aws", version: "~> 5.100" } };
    const configuration = { terraform: { required_providers }, provider: { aws: { region: "us-east-1" } }, resource };
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify(configuration));
    expect(await terraform(directory, ["init"])).toMatchObject({ exitCode: 0 });

    // when
    const { stdout } = await terraform(directory, ["validate", "-json"]);

    // then
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { severity: string; summary: string; detail: string }[];
    };
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ summary, detail }) => `${summary}: ${detail}`)).toEqual([]);
  }, 60_000);
});
