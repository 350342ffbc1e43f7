import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { BackupTimer } from "../../lib/aws/backup/backup-timer";
import type { BackupTimerProps } from "../../lib/aws/backup/backup-timer-props";
import { DumpTarget } from "../../lib/aws/backup/dump-target";
import { DumpTimer } from "../../lib/aws/backup/dump-timer";
import { Duration } from "../../lib/core/duration";
import { Schedule } from "../../lib/schedule/schedule";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { startWarmAwsProvider, type WarmAwsProvider } from "../support/warm-aws-provider";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform, type TerraformResult } from "../support/terraform";
import { unwrapped } from "../support/unwrapped";

const account = "123456789012";
const topic = `arn:aws:sns:us-east-1:${account}:backups`;

// What the stand-in cannot show: associations of Systems Manager, that AWS takes the plan, that jobs run and events arrive, and that a vault with backups
// in it refuses to go; its answer there is injected.
requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("backup timers, with the real AWS provider", () => {
  let aws: AwsStandIn;
  let provider: WarmAwsProvider;
  let outdir: string;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    provider = await startWarmAwsProvider(aws.environment);
    outdir = scratchDirectory("backup-timer");
  }, 60_000);

  afterAll(async () => {
    await provider?.stop();
    await aws?.stop();
    rmSync(outdir, { recursive: true, force: true });
  });

  function synthesize(props: Partial<BackupTimerProps> = {}): void {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "backups");
    new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    new BackupTimer(stack, "database", {
      name: "app-ef",
      schedule: Schedule.cron("0 0 13 * 5"),
      selectionTags: { backup: "daily" },
      retention: Duration.days(120),
      coldStorageAfter: Duration.days(30),
      copies: [{ vaultArn: `arn:aws:backup:eu-west-1:${account}:backup-vault:copies` }],
      roleArn: `arn:aws:iam::${account}:role/backup`,
      kmsKeyArn: `arn:aws:kms:us-east-1:${account}:key/11111111-2222-3333-4444-555555555555`,
      alarmTopicArns: [topic],
      tags: { system: "app-ef" },
      ...props,
    });
    new DumpTimer(stack, "dump", {
      name: "app-ef-dump",
      schedule: Schedule.daily({ at: "02:00", zone: "Europe/Berlin" }),
      target: DumpTarget.lambda(`arn:aws:lambda:us-east-1:${account}:function:dump`),
      alarmTopicArns: [topic],
      jitter: Duration.minutes(15),
    });
    app.synth();
  }

  async function run(...args: string[]): Promise<TerraformResult> {
    return terraform(join(outdir, "stacks", "backups"), args, {
      environment: { ...aws.environment, ...provider.environment },
    });
  }

  test("apply, plan nothing more, change in place, and do not go while there are backups", async () => {
    // GIVEN
    synthesize();
    expect(await run("init")).toMatchObject({ exitCode: 0 });
    // WHEN
    expect(await run("apply", "-auto-approve")).toMatchObject({ exitCode: 0, stderr: "" });
    // THEN
    expect((await run("plan", "-detailed-exitcode")).exitCode).toBe(0);

    // WHEN the retention is changed
    synthesize({ retention: Duration.days(150) });
    const changed = await run("apply", "-auto-approve");
    // THEN
    expect(changed).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await run("plan", "-detailed-exitcode")).exitCode).toBe(0);

    // WHEN it is to be destroyed THEN Terraform refuses
    const refused = await run("destroy", "-auto-approve");
    expect(refused.exitCode).toBe(1);
    expect(unwrapped(refused.stderr)).toContain("Instance cannot be destroyed");

    // WHEN it may be destroyed, and holds backups THEN AWS refuses
    synthesize({ retention: Duration.days(150), acknowledge: { DestroyWithoutReason: "for the test" } });
    aws.faults.add({
      service: "backup",
      op: "DELETE /backup-vaults/app-ef",
      status: 400,
      code: "InvalidRequestException",
      message: "Backup vault cannot be deleted because it contains recovery points.",
      times: 1,
    });
    const kept = await run("destroy", "-auto-approve");
    expect(kept.exitCode).toBe(1);
    expect(unwrapped(kept.stderr)).toContain("contains recovery points");
    expect((await run("state", "list")).stdout).toContain("aws_backup_vault.");

    // WHEN they are gone THEN it goes
    expect(await run("destroy", "-auto-approve")).toMatchObject({ exitCode: 0, stderr: "" });
  }, 240_000);
});
