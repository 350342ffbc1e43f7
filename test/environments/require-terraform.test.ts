import { expect, it } from "@jest/globals";
import { Construct } from "constructs";
import { requireTerraformVersion } from "../../lib/environments/require-terraform";
import { synthesize } from "../support/synth";

it.each([
  [["1.5.0", "1.11.0", "1.10.0"], ">= 1.11"],
  [["1.11.1", "1.5.0"], ">= 1.11.1"],
])("of %j the newest version counts, whoever asks first", (versions, required_version) => {
  // WHEN
  const stack = synthesize((scope) => {
    for (const version of versions) requireTerraformVersion(new Construct(scope, `c${version}`), version, "reason");
  });

  // THEN
  expect(stack.terraform).toMatchObject({ required_version });
  const { sternaTerraformRequirements } = (stack as unknown as Record<string, Record<string, unknown>>)["//"]!;
  expect(sternaTerraformRequirements).toEqual(
    versions
      .filter((version) => version !== "1.5.0")
      .map((version) => ({ version, construct: `test/c${version}`, reason: "reason" })),
  );
});
