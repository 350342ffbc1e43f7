import { execa } from "execa";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { scriptStep, TestProject } from "../test/cli/project";
import { findProgram } from "../lib/core/find-program";
import { startAwsStandIn } from "../lib/testing/aws/stand-in";
import { awsProvider, findProvider } from "../test/support/provider-mirror";
import { repositoryRoot } from "../test/support/repository";
import { terraformEnvironment } from "../test/support/terraform-environment";
import { median, ratio, table } from "./table";

const ROUNDS = 5;
const STEPS = 10;
const PINS = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
const STERNA = join(repositoryRoot, "dist/bin/sterna.js");

/** `sterna plan` with nothing to do, synthesis included, beside what one would type without it. */
export async function benchPlanCommand(): Promise<string> {
  const rows = [await stepsRow(), ...(await awsRow())];
  return [
    `Whole commands, median of ${ROUNDS} in turns, relative to Terraform in the same folder.`,
    table(["nothing to change", "Terraform", "sterna plan"], rows),
  ].join("\n\n");
}

async function stepsRow(): Promise<readonly string[]> {
  const steps = Array.from({ length: STEPS }, (_, index) =>
    scriptStep(`s${index}`, "1.0.0", index === 0 ? {} : { after: [`s${index - 1}`] }),
  );
  const project = new TestProject({ pins: PINS, steps, provider: true });
  return compare(`${STEPS} command steps`, "terraform plan", project, [["plan"]]);
}

/** Nothing where the AWS provider or moto is missing. */
async function awsRow(): Promise<readonly (readonly string[])[]> {
  if (findProvider() === undefined || findProgram("moto_server") === undefined) return [];
  const aws = await startAwsStandIn();
  try {
    const buckets = Object.fromEntries(["a", "b", "c"].map((name) => [name, { bucket: `bench-${name}` }]));
    const project = new TestProject({
      pins: PINS,
      steps: [scriptStep("one", "1.0.0")],
      provider: true,
      providers: {
        aws: { source: "hashicorp/aws", version: awsProvider.version, configuration: [{ region: "us-east-1" }] },
      },
      resources: { aws_s3_bucket: buckets },
    });
    const show = ["show", "-json", "plan.bin"];
    const commands = [["plan", "-out=plan.bin"], show];
    return [await compare("3 buckets and a step", "terraform plan and show", project, commands, aws.environment)];
  } finally {
    await aws.stop();
  }
}

async function compare(
  name: string,
  base: string,
  project: TestProject,
  commands: readonly (readonly string[])[],
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const env = terraformEnvironment(environment);
  const run = async (program: string, args: readonly string[], cwd: string): Promise<void> => {
    await execa(program, args, { cwd, env, extendEnv: false, stdin: "ignore" });
  };
  const sterna = (...args: string[]) =>
    run(process.execPath, [STERNA, ...args, "shop", "development"], project.directory);
  const times = { terraform: [] as number[], sterna: [] as number[] };
  try {
    await sterna("apply", "--auto-approve");
    // The first plan after an apply writes what the providers learned meanwhile.
    await sterna("apply", "--auto-approve");
    for (let round = 0; round < ROUNDS; round++) {
      times.terraform.push(
        await milliseconds(async () => {
          for (const args of commands) await run("terraform", args, project.path("cdktf.out/stacks/shop-development"));
        }),
      );
      times.sterna.push(await milliseconds(() => sterna("plan")));
    }
  } finally {
    rmSync(project.directory, { recursive: true, force: true });
  }
  return [name, `${base}: 1.00`, ratio(median(times.sterna), median(times.terraform))];
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
