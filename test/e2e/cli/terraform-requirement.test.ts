import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { beforeAll, expect, it } from "@jest/globals";
import { TerraformVariable } from "cdktf";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { RotationStrategy } from "../../../lib/index";
import { RotatingSecret } from "../../../lib/aws/index";
import { requireTerraformVersion } from "../../../lib/environments/require-terraform";
import { runCli } from "../../cli/run-cli";
import { requires } from "../../support/requirements";
import { temporaryDirectory, TestApp } from "../../support/system-stack";
import { terraform } from "../../support/terraform";

/** Newer than any that is installed: what a Terraform before 1.11 says of a constraint, this one says of that. */
const UNRELEASED = "99.0.0";

requires("terraform")("a stack that needs a newer Terraform than there is", () => {
  const directory = temporaryDirectory();
  let stackDirectory: string;

  beforeAll(() => {
    const app = new TestApp(directory);
    const stack = app.stack();
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    const secret = new RotatingSecret(stack, "session", {
      secretName: "shop/session",
      strategy: RotationStrategy.randomValue(),
      initialValue: new TerraformVariable(stack, "first", { sensitive: true }).stringValue,
    });
    requireTerraformVersion(secret, UNRELEASED, "the test asks for it");
    app.app.synth();
    stackDirectory = app.file("shop-development");
    const write = (name: string, content: object) => writeFileSync(join(directory, name), JSON.stringify(content));
    // The app is synthesized already.
    write("cdktf.json", { app: "node -e 0", output: relative(directory, app.outdir) });
    write("environments.json", { environments: [{ name: "development" }] });
    write("releases.json", { shop: { development: "1.0.0" } });
  });

  const run = (...args: string[]) => runCli(directory, args, { PATH: process.env.PATH });

  it("is refused by Terraform itself, with the version that it wants", async () => {
    const { exitCode, stdout, stderr } = await terraform(stackDirectory, ["init", "-no-color"]);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toMatch(/Unsupported Terraform Core version[\s\S]*does not support Terraform version 1\./);
    expect(stdout + stderr).toContain('"required_version": ">= 99.0"');
  });

  it("is refused by a plan that says which construct needs it, why, and what to do", async () => {
    const { status, stderr } = await run("plan", "shop", "development");
    expect(status).toBe(1);
    expect(stderr).toContain("Unsupported Terraform Core version");
    expect(stderr).toContain(
      "shop-development/session needs Terraform 99.0.0 or newer: the test asks for it. Install it (https://",
    );
    // What the installed one is new enough for is not named.
    expect(stderr).not.toContain("secret_string_wo");
  });

  it("is found by the doctor", async () => {
    const { status, stdout } = await run("doctor");
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ shop-development: Terraform 1\.\S+ is too old for shop-development\/session/);
  });
});
