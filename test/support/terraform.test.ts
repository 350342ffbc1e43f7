import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchDirectory } from "./repository";
import { requires } from "./requirements";
import { startTerraform, terraform } from "./terraform";

requires("terraform")("terraform()", () => {
  let directory: string;

  beforeEach(() => {
    directory = scratchDirectory("terraform");
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  test("reports lines as they come, and gives exit status and both streams apart", async () => {
    // GIVEN
    writeFileSync(join(directory, "main.tf"), 'output "greeting" { value = "kria" }');
    const lines: string[] = [];
    // WHEN
    const applied = await terraform(directory, ["apply", "-auto-approve"], { onLine: (line) => lines.push(line) });
    // THEN
    expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
    expect(lines).toContain('greeting = "kria"');
    expect(applied.stdout).toBe(lines.join("\n"));
  }, 60_000);

  test("does not reject when Terraform fails", async () => {
    writeFileSync(join(directory, "main.tf"), "nonsense");
    const planned = await terraform(directory, ["plan"]);
    expect(planned.exitCode).toBe(1);
    expect(planned.stderr).toContain("Error: ");
  }, 60_000);

  test("can be killed", async () => {
    // GIVEN
    writeFileSync(
      join(directory, "main.tf"),
      'resource "terraform_data" "slow" {\n  provisioner "local-exec" {\n    command = "touch begun; sleep 60"\n  }\n}',
    );
    await terraform(directory, ["init"]);
    const run = startTerraform(directory, ["apply", "-auto-approve"], {
      onLine(line) {
        if (line.includes("Executing")) run.kill("SIGKILL");
      },
    });
    // WHEN
    const { exitCode } = await run.result;
    // THEN
    expect(exitCode).toBeUndefined();
    expect(
      existsSync(join(directory, "terraform.tfstate.lock.info")) ||
        existsSync(join(directory, ".terraform.tfstate.lock.info")),
    ).toBe(true);
  }, 60_000);
});

requires("terraform", "aws_provider")("Terraform's AWS provider", () => {
  test("installs without a network and without a CLI configuration", async () => {
    // GIVEN
    const directory = scratchDirectory("terraform");
    const required = { aws: { source: "hashicorp/aws" } };
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ terraform: { required_providers: required } }));
    // WHEN
    const { exitCode, stdout } = await terraform(directory, ["init"]);
    // THEN
    expect(stdout).toMatch(/Installed hashicorp\/aws v5\.\d+/);
    expect(exitCode).toBe(0);
    rmSync(directory, { recursive: true });
  }, 120_000);
});
