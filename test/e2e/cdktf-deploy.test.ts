import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { execa } from "execa";
import { join } from "node:path";
import { AppEfProject } from "../support/app-ef-project";
import { expectExit } from "../support/expect-exit";
import { repositoryRoot } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform } from "../support/terraform";
import { terraformEnvironment } from "../support/terraform-environment";

requires(
  "terraform",
  "aws_provider",
  "moto_server",
  "postgres",
)("cdktf deploy, without the command line of Sterna", () => {
  let project: AppEfProject;

  beforeAll(async () => {
    project = await AppEfProject.start({ projects: 20 });
    project.pin("development", "1.0.0");
  });
  afterAll(async () => {
    await project?.stop();
    project?.remove();
  });

  const cdktf = (args: string[], environment: Record<string, string> = {}) =>
    execa(join(repositoryRoot, "node_modules/.bin/cdktf"), args, {
      cwd: project.directory,
      env: terraformEnvironment({ ...project.environmentOf("development"), CI: "1", ...environment }),
      extendEnv: false,
      reject: false,
      stdin: "ignore",
    });

  it("migrates development, with the lock step skipped as `sterna doctor` explains", async () => {
    // WHEN
    const deployed = await cdktf(["deploy", "app-ef-development", "--auto-approve"], {
      CDKTF_SKIP_PROVIDER_LOCK: "true",
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    });
    const plan = await terraform(
      join(project.directory, "cdktf.out/stacks/app-ef-development"),
      ["plan", "-detailed-exitcode"],
      { environment: project.environmentOf("development") },
    );

    // THEN
    expectExit(deployed);
    expectExit(plan);
    const rows = await project.postgres.query("select count(*)::int as n from app_ef.projects", "app_ef_development");
    expect(rows).toEqual([{ n: 20 }]);
  });

  it("is refused in staging while development has not applied the same step: the proof is inside Terraform", async () => {
    // GIVEN development rolled back, behind Sterna's back
    project.pin("development", "0.1.0-beta");
    const staging = {
      ...project.environmentOf("staging"),
      CDKTF_SKIP_PROVIDER_LOCK: "true",
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    };
    expectExit(
      await cdktf(["deploy", "app-ef-development", "--auto-approve"], {
        CDKTF_SKIP_PROVIDER_LOCK: "true",
        CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
      }),
    );

    // WHEN the pins promise what the ledgers do not hold
    project.pin("development", "1.0.0");
    project.pin("staging", "1.0.0");
    const deployed = await cdktf(["deploy", "app-ef-staging", "--auto-approve"], staging);

    // THEN
    expect(deployed.exitCode).toBe(1);
    expect(`${deployed.stdout}${deployed.stderr}`).toContain("[StepNotProved]");
  });
});
