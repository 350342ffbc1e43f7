import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import * as aws from "../../lib/aws/index";
import { Duration } from "../../lib/core/duration";
import { SternaError } from "../../lib/core/errors";
import { Size } from "../../lib/core/size";
import * as google from "../../lib/google/index";
import { HostBackupTimer, type HostBackupTimerProps } from "../../lib/index";
import { Rollout } from "../../lib/manifest/rollout";
import { readSchedule, Schedule } from "../../lib/schedule/schedule";
import type { ScheduleTarget } from "../../lib/schedule/targets";
import { RotationStrategy } from "../../lib/secrets/rotation-strategy";
import { image, SERVICE } from "../aws/blue-green/service";

// What the documentation of the services shows as valid, or names as a limit, is accepted. Each row says where.

const BACKUP = "https://docs.aws.amazon.com/aws-backup/latest/devguide";
const EVENTBRIDGE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html";
const SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest";
const SECRETS = "https://docs.aws.amazon.com/secretsmanager/latest";
const ROTATION = `${SECRETS}/userguide/rotate-secrets_schedule.html`;
const ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest";
const FARGATE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html";
const LOGS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html";
const RUN = "https://cloud.google.com/run/docs";
const SYSTEMD = "https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html#Calendar%20Events";
const CRONTAB = "https://man7.org/linux/man-pages/man5/crontab.5.html";
const CLOUD_SCHEDULER = "https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules";
const CRONJOB = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax";
const SECRET_MANAGER = "https://cloud.google.com/secret-manager/docs";
const LGALLARD = "https://github.com/lgallard/terraform-aws-backup/tree/master/examples";

describe("schedules of the documentation are read, and written for their own scheduler", () => {
  test.each<[expression: string, target: ScheduleTarget, source: string]>([
    ["cron(0 10 * * ? *)", "eventbridge-rule", EVENTBRIDGE],
    ["cron(15 12 * * ? *)", "eventbridge-rule", EVENTBRIDGE],
    ["cron(0 18 ? * MON-FRI *)", "eventbridge-rule", EVENTBRIDGE],
    ["cron(0 8 1 * ? *)", "eventbridge-rule", EVENTBRIDGE],
    ["cron(0/15 * * * ? *)", "eventbridge-rule", EVENTBRIDGE],
    ["cron(0/10 * ? * MON-FRI *)", "eventbridge-rule", EVENTBRIDGE],
    ["cron(0/5 8-17 ? * MON-FRI *)", "eventbridge-rule", EVENTBRIDGE],
    ["rate(1 minute)", "eventbridge-rule", EVENTBRIDGE],
    ["rate(5 minutes)", "eventbridge-rule", EVENTBRIDGE],
    ["rate(1 hour)", "eventbridge-scheduler", `${SCHEDULER}/UserGuide/schedule-types.html`],
    ["rate(1 day)", "eventbridge-scheduler", `${SCHEDULER}/UserGuide/schedule-types.html`],
    ["cron(15 10 ? * 6L 2026-2030)", "eventbridge-scheduler", `${SCHEDULER}/UserGuide/schedule-types.html`],
    ["cron(0 5 ? * * *)", "aws-backup", `${BACKUP}/API_BackupRule.html`],
    [
      "cron(0 12 * * ? *)",
      "aws-backup",
      "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/backup_plan",
    ],
    ["cron(0 * ? * * *)", "aws-backup", `${BACKUP}/creating-a-backup-plan.html`],
    ["cron(0 /8 * * ? *)", "eventbridge-rule", ROTATION],
    ["cron(0 8/8 * * ? *)", "eventbridge-rule", ROTATION],
    ["cron(0 2/10 * * ? *)", "eventbridge-rule", ROTATION],
    ["cron(0 18 ? * SAT *)", "eventbridge-rule", ROTATION],
    ["cron(0 1 ? 1/3 SUN#1 *)", "eventbridge-rule", ROTATION],
    ["cron(0 17 L * ? *)", "eventbridge-rule", ROTATION],
    ["cron(0 16 1,15 * ? *)", "eventbridge-rule", ROTATION],
    ["cron(0 0 ? * SUN#1 *)", "eventbridge-rule", ROTATION],
    ["Sat,Thu,Mon..Wed,Sat..Sun", "systemd", SYSTEMD],
    ["Wed *-1", "systemd", SYSTEMD],
    ["Wed..Wed,Wed *-1", "systemd", SYSTEMD],
    ["Wed, 17:48", "systemd", SYSTEMD],
    ["*-*-7 0:0:0", "systemd", SYSTEMD],
    ["10-15", "systemd", SYSTEMD],
    ["monday *-12-* 17:00", "systemd", SYSTEMD],
    ["Mon,Fri *-*-3,1,2 *:30:45", "systemd", SYSTEMD],
    ["12,14,13,12:20,10,30", "systemd", SYSTEMD],
    ["12..14:10,20,30", "systemd", SYSTEMD],
    ["mon,fri *-1/2-1,3 *:30:45", "systemd", SYSTEMD],
    ["03-05 08:05:40", "systemd", SYSTEMD],
    ["08:05:40", "systemd", SYSTEMD],
    ["05:40", "systemd", SYSTEMD],
    ["Sat,Sun 12-05 08:05:40", "systemd", SYSTEMD],
    ["Sat,Sun 08:05:40", "systemd", SYSTEMD],
    ["03-05", "systemd", SYSTEMD],
    ["hourly", "systemd", SYSTEMD],
    ["daily", "systemd", SYSTEMD],
    ["daily UTC", "systemd", SYSTEMD],
    ["monthly", "systemd", SYSTEMD],
    ["weekly", "systemd", SYSTEMD],
    ["weekly Pacific/Auckland", "systemd", SYSTEMD],
    ["yearly", "systemd", SYSTEMD],
    ["annually", "systemd", SYSTEMD],
    ["*:2/3", "systemd", SYSTEMD],
    ["Mon *-05~07/1", "systemd", SYSTEMD],
    ["*-02~03", "systemd", SYSTEMD],
    ["5 0 * * *", "crontab", CRONTAB],
    ["15 14 1 * *", "crontab", CRONTAB],
    ["0 22 * * 1-5", "crontab", CRONTAB],
    ["23 0-23/2 * * *", "crontab", CRONTAB],
    ["5 4 * * sun", "crontab", CRONTAB],
    ["@midnight", "crontab", CRONTAB],
    ["@hourly", "crontab", CRONTAB],
    ["0 0 13 * 5", "kubernetes-cronjob", CRONJOB],
    ["0 3 * * 1", "kubernetes-cronjob", CRONJOB],
    ["@weekly", "kubernetes-cronjob", CRONJOB],
    ["45 23 * * 6", "cloud-scheduler", CLOUD_SCHEDULER],
    ["0 9 * * 1", "cloud-scheduler", CLOUD_SCHEDULER],
    ["5 4 * * SUN", "cloud-scheduler", CLOUD_SCHEDULER],
    ["0 22 * * 1-5", "cloud-scheduler", CLOUD_SCHEDULER],
    ["*/10 * * * *", "cloud-scheduler", CLOUD_SCHEDULER],
  ])("%s for %s (%s)", (expression, target) => {
    const schedule = readSchedule(expression);
    expect(schedule.for(target).lines).not.toHaveLength(0);
    // A rate counts from when the schedule was made.
    expect(schedule.nextRuns(1)).toHaveLength(expression.startsWith("rate(") ? 0 : 1);
  });
});

const backup = (props: Partial<aws.BackupTimerProps>) => (stack: TerraformStack) =>
  new aws.BackupTimer(stack, "it", {
    name: "app",
    schedule: Schedule.aws("cron(0 5 ? * * *)"),
    selectionTags: { backup: "daily" },
    retention: Duration.days(35),
    ...props,
  });
const drill = (props: Partial<aws.RestoreDrillProps>) => (stack: TerraformStack) =>
  new aws.RestoreDrill(stack, "it", {
    name: "app",
    schedule: Schedule.aws("cron(0 12 ? * * *)"),
    restore: [{ type: "EC2" }],
    vaultArns: ["*"],
    ...props,
  });
const LAMBDA = "arn:aws:lambda:eu-central-1:111122223333:function:dump";
const TASK = {
  clusterArn: "arn:aws:ecs:eu-central-1:111122223333:cluster/app",
  taskDefinitionArn: "arn:aws:ecs:eu-central-1:111122223333:task-definition/dump",
  roleArns: ["arn:aws:iam::111122223333:role/dump"],
  subnetIds: ["subnet-1"],
};
const dump = (props: Partial<aws.DumpTimerProps>) => (stack: TerraformStack) =>
  new aws.DumpTimer(stack, "it", {
    name: "app",
    schedule: Schedule.aws("cron(0 10 * * ? *)"),
    target: aws.DumpTarget.lambda(LAMBDA),
    ...props,
  });
const host = (props: Partial<HostBackupTimerProps>) => (stack: TerraformStack) =>
  new HostBackupTimer(stack, "it", {
    name: "app",
    schedule: Schedule.cron("5 0 * * *"),
    planFile: "/etc/sterna/app.json",
    user: "backup",
    ...props,
  });
const service = (props: Partial<aws.BlueGreenServiceProps>) => (stack: TerraformStack) =>
  new aws.BlueGreenService(stack, "it", { ...SERVICE, ...props });
const secret = (props: Partial<aws.RotatingSecretProps>) => (stack: TerraformStack) =>
  new aws.RotatingSecret(stack, "it", {
    secretName: "app",
    strategy: RotationStrategy.custom(LAMBDA, ["password"]),
    ...props,
  });
const run = (props: Partial<google.BlueGreenServiceProps>) => (stack: TerraformStack) =>
  new google.BlueGreenService(stack, "it", {
    serviceName: "shop",
    location: "europe-west3",
    rollout: Rollout.steady("blue", "1.0.0"),
    images: { "1.0.0": image("1.0.0") },
    containerPort: 8080,
    ...props,
  });
const googleSecret = (props: Partial<google.RotatingSecretProps>) => (stack: TerraformStack) =>
  new google.RotatingSecret(stack, "it", {
    secretName: "app",
    project: "shop",
    region: "europe-west3",
    strategy: RotationStrategy.randomValue(),
    ...props,
  });
const googleTimer = (props: Partial<google.BackupTimerProps>) => (stack: TerraformStack) =>
  new google.BackupTimer(stack, "it", {
    name: "app",
    schedule: Schedule.cron("0 9 * * 1"),
    project: "shop",
    region: "europe-west1",
    jobName: "backup",
    serviceAccountEmail: "timer@shop.iam.gserviceaccount.com",
    ...props,
  });

type Row = [what: string, make: (stack: TerraformStack) => unknown, source: string];

/** Memory of Fargate in MiB, least and most, by CPU units. */
const FARGATE_SIZES = [
  [256, 512],
  [256, 1024],
  [256, 2048],
  [512, 1024],
  [512, 4096],
  [1024, 2048],
  [1024, 8192],
  [2048, 4096],
  [2048, 16384],
  [4096, 8192],
  [4096, 30720],
  [8192, 16384],
  [8192, 61440],
  [16384, 32768],
  [16384, 122880],
] as const;
const CLOUD_RUN_SIZES = [
  [1, 128],
  [1, 4096],
  [2, 512],
  [2, 8192],
  [4, 2048],
  [4, 16384],
  [6, 4096],
  [6, 24576],
  [8, 4096],
  [8, 32768],
] as const;
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const MEMBERS = [
  "allUsers",
  "allAuthenticatedUsers",
  "user:jane@example.com",
  "serviceAccount:my-app@appspot.gserviceaccount.com",
  "serviceAccount:my-project.svc.id.goog[my-namespace/my-kubernetes-sa]",
  "group:admins@example.com",
  "domain:google.com",
  "projectOwner:my-example-project",
  "projectEditor:my-example-project",
  "projectViewer:my-example-project",
  "principal://iam.googleapis.com/locations/global/workforcePools/pool/subject/subject-id",
  "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/*",
  "deleted:user:donald@example.com?uid=123456789012345678901",
];

// prettier-ignore
const VALID: Row[] = [
  ["480 and 561 minutes, a lock of 7 to 365 days", backup({ startWindow: Duration.minutes(480), completionWindow: Duration.minutes(561), retention: Duration.days(180), coldStorageAfter: Duration.days(30), lock: { mode: "governance", minimumRetention: Duration.days(7), maximumRetention: Duration.days(365) } }), `${LGALLARD}/selection_by_conditions`],
  ["the shortest windows", backup({ startWindow: Duration.minutes(60), completionWindow: Duration.minutes(120) }), `${BACKUP}/API_BackupRule.html`],
  ["continuous backups for 35 days", backup({ continuous: true }), `${BACKUP}/point-in-time-recovery.html`],
  ["continuous backups for a day", backup({ continuous: true, retention: Duration.days(1) }), `${BACKUP}/point-in-time-recovery.html`],
  ["cold storage after a day", backup({ coldStorageAfter: Duration.days(1), retention: Duration.days(91) }), `${BACKUP}/API_Lifecycle.html`],
  ["backups for 100 years", backup({ retention: Duration.days(36500) }), `${BACKUP}/API_Lifecycle.html`],
  ["a compliance lock that cools off for 3 days", backup({ lock: { mode: "compliance", coolingOff: Duration.days(3), acknowledge: { ComplianceWithoutReason: "the law" } } }), `${BACKUP}/API_PutBackupVaultLockConfiguration.html`],
  ["a vault with capitals and an underscore", backup({ name: "Prod_Vault" }), `${BACKUP}/API_CreateBackupVault.html`],
  ["a vault with a name of 50 characters", backup({ name: "v".repeat(50) }), `${BACKUP}/API_CreateBackupVault.html`],
  ["a vault that exists", backup({ vaultName: "Default" }), `${LGALLARD}/simple_plan`],
  ["buckets", backup({ resources: ["arn:aws:s3:::bucket-1"] }), `${BACKUP}/s3-backups.html`],
  ["all of a type, with a tag", backup({ resources: ["arn:aws:dynamodb:*:*:table/*"] }), `${BACKUP}/API_BackupSelection.html`],
  ["a copy into GovCloud", backup({ copies: [{ vaultArn: "arn:aws-us-gov:backup:us-gov-west-1:111122223333:backup-vault:copies" }] }), `${BACKUP}/API_CopyAction.html`],
  ["a plan in a zone", backup({ schedule: Schedule.aws("cron(0 5 ? * * *)", { zone: "America/New_York" }) }), `${BACKUP}/API_BackupRule.html`],
  ["a restore testing plan over all vaults", drill({}), "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/backup_restore_testing_plan"],
  ["a restore testing selection by tags", drill({ restore: [{ type: "EC2", tags: { backup: "true" } }] }), "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/backup_restore_testing_selection"],
  ["a restore testing selection of 30 resources", drill({ restore: [{ type: "EFS", resources: Array.from({ length: 30 }, (_, index) => `arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-${index}`) }] }), `${BACKUP}/API_RestoreTestingSelectionForCreate.html`],
  ["restored resources that stay for a week", drill({ restore: [{ type: "RDS", keepRestoredFor: Duration.hours(168) }] }), `${BACKUP}/API_RestoreTestingSelectionForCreate.html`],
  ["backups of a year, started within a week", drill({ youngerThan: Duration.days(365), startWindow: Duration.hours(168), random: true }), `${BACKUP}/API_RestoreTestingPlanForCreate.html`],
  ["the newest revision of a task definition", dump({ target: aws.DumpTarget.ecsTask(TASK) }), `${SCHEDULER}/APIReference/API_EcsParameters.html`],
  ["a flexible window of a day", dump({ schedule: Schedule.aws("cron(0 10 ? * MON *)"), jitter: Duration.minutes(1440) }), `${SCHEDULER}/APIReference/API_FlexibleTimeWindow.html`],
  ["a flexible window of a minute", dump({ jitter: Duration.minutes(1) }), `${SCHEDULER}/APIReference/API_FlexibleTimeWindow.html`],
  ["retries for a minute", dump({ retryFor: Duration.seconds(60) }), `${SCHEDULER}/APIReference/API_RetryPolicy.html`],
  ["retries for a day", dump({ retryFor: Duration.seconds(86_400) }), `${SCHEDULER}/APIReference/API_RetryPolicy.html`],
  ["a rate of a minute", dump({ schedule: Schedule.aws("rate(1 minute)") }), `${SCHEDULER}/UserGuide/schedule-types.html`],
  ["a function in China", dump({ target: aws.DumpTarget.lambda("arn:aws-cn:lambda:cn-north-1:111122223333:function:dump") }), "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"],
  ["a line of cron in a zone", host({ scheduler: "cron", schedule: Schedule.cron("0 22 * * 1-5", { zone: "Europe/Berlin" }) }), CRONTAB],
  ["a timer that fires every 10 minutes", host({ schedule: Schedule.onCalendar("*:0/10") }), SYSTEMD],
  ["a delay of half a day before a weekly run", host({ schedule: Schedule.onCalendar("weekly"), jitter: Duration.hours(12) }), "https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html#RandomizedDelaySec="],
  ["a unit with an instance", host({ onFailureUnit: "notify@%n.service" }), "https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#OnFailure="],
  ["hosts that carry five tags", host({ placement: aws.SystemsManagerPlacement.byTags({ a: "1", b: "2", c: "3", d: "4", e: "5" }) }), "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html"],
  ...FARGATE_SIZES.map(([cpu, mebibytes]): Row => [`${cpu} units and ${mebibytes} MiB on Fargate`, service({ cpu, memory: Size.mebibytes(mebibytes) }), FARGATE]),
  ...LOG_RETENTION_DAYS.map((days): Row => [`logs for ${days} days`, service({ logRetention: Duration.days(days) }), LOGS]),
  ["a load balancer with a name of 32 characters", service({ serviceName: "Shop-".repeat(6) + "12" }), `${ELB}/APIReference/API_CreateLoadBalancer.html`],
  ["a load balancer with a name of a digit", service({ serviceName: "1" }), `${ELB}/APIReference/API_CreateLoadBalancer.html`],
  ["health checks every 5 seconds", service({ healthCheckInterval: Duration.seconds(5) }), `${ELB}/APIReference/API_CreateTargetGroup.html`],
  ["health checks every 300 seconds", service({ healthCheckInterval: Duration.seconds(300) }), `${ELB}/APIReference/API_CreateTargetGroup.html`],
  ["no drain", service({ deregistrationDelay: Duration.seconds(0) }), `${ELB}/APIReference/API_TargetGroupAttribute.html`],
  ["a drain of an hour", service({ deregistrationDelay: Duration.hours(1) }), `${ELB}/APIReference/API_TargetGroupAttribute.html`],
  ["stickiness of a week", service({ stickiness: Duration.days(7) }), `${ELB}/APIReference/API_TargetGroupStickinessConfig.html`],
  ["the highest port", service({ containerPort: 65_535 }), `${ELB}/APIReference/API_CreateTargetGroup.html`],
  ["an image in Amazon ECR", service({ images: { "1.0.0": `123456789012.dkr.ecr.us-west-2.amazonaws.com/my-app@sha256:${"0".repeat(64)}` } }), "https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-pull-ecr-image.html"],
  ["a parameter of Systems Manager", service({ secrets: { TOKEN: "arn:aws:ssm:us-east-1:111122223333:parameter/shop/token" } }), "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html"],
  ["a key of a secret, at a stage", service({ secrets: { TOKEN: "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf:token:AWSPREVIOUS:" } }), "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"],
  ...["MyTestDatabaseSecret", "development/database", "xyz-secret", "rds-master", "a".repeat(512), "a/_+=.@-b"].map((secretName): Row => [`a secret called ${secretName.slice(0, 24)}`, secret({ secretName }), `${SECRETS}/apireference/API_CreateSecret.html`]),
  ...[0, 7, 30].map((days): Row => [`a recovery window of ${days} days`, secret({ recoveryWindow: Duration.days(days) }), `${SECRETS}/apireference/API_DeleteSecret.html`]),
  ...["rate(4 hours)", "rate(10 days)", "cron(0 /8 * * ? *)", "cron(0 8/8 * * ? *)", "cron(0 10 * * ? *)", "cron(0 18 ? * SAT *)", "cron(0 8 1 * ? *)", "cron(0 1 ? 1/3 SUN#1 *)", "cron(0 17 L * ? *)", "cron(0 16 1,15 * ? *)"].map((expression): Row => [`a rotation by ${expression}`, secret({ schedule: Schedule.aws(expression) }), ROTATION]),
  ["a rotation window of a day", secret({ schedule: Schedule.aws("rate(10 days)"), window: Duration.hours(24) }), ROTATION],
  ...CLOUD_RUN_SIZES.map(([cpu, mebibytes]): Row => [`${cpu} vCPU and ${mebibytes} MiB on Cloud Run`, run({ cpu, memory: Size.mebibytes(mebibytes) }), `${RUN}/configuring/services/memory-limits`]),
  ...(["all", "internal", "internal-and-cloud-load-balancing"] as const).map((ingress): Row => [`ingress ${ingress}`, run({ ingress }), `${RUN}/securing/ingress`]),
  ...MEMBERS.map((member): Row => [`the invoker ${member}`, run({ invokers: { it: member } }), "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service_iam"]),
  ["probes every hour, and a start of 240 seconds", run({ healthCheckInterval: Duration.hours(1), startupTimeout: Duration.seconds(240) }), `${RUN}/configuring/healthchecks`],
  ["no instances while nobody asks", run({ minInstances: 0 }), `${RUN}/configuring/min-instances`],
  ["a service with a name of 49 characters", run({ serviceName: "s".repeat(49), serviceAccountEmail: "app@shop.iam.gserviceaccount.com", rollout: Rollout.steady("blue", "1"), images: { "1": image("1") } }), `${RUN}/deploying`],
  ["the newest version of a secret", run({ secrets: { TOKEN: { secret: "token", version: "latest" } } }), `${RUN}/configuring/services/secrets`],
  ["a rotation every hour", googleSecret({ rotationPeriod: Duration.hours(1) }), `${SECRET_MANAGER}/secret-rotation`],
  ["a rotation every 100 years", googleSecret({ rotationPeriod: Duration.days(36_500) }), `${SECRET_MANAGER}/secret-rotation`],
  ["versions that are destroyed after a day", googleSecret({ versionDestroyDelay: Duration.days(1) }), `${SECRET_MANAGER}/delay-destruction-of-secret-versions`],
  ["versions that are destroyed after 1000 days", googleSecret({ versionDestroyDelay: Duration.days(1000) }), `${SECRET_MANAGER}/delay-destruction-of-secret-versions`],
  ["replicas with keys of their own", googleSecret({ replicas: [{ location: "us-central1", kmsKeyName: "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k" }, { location: "us-east1" }] }), `${SECRET_MANAGER}/cmek`],
  ["a Cloud Scheduler job with capitals and underscores", googleTimer({ name: "My_Job-1" }), "https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs"],
  ["a Cloud Scheduler job in a zone", googleTimer({ schedule: Schedule.cron("45 23 * * 6", { zone: "America/Los_Angeles" }) }), CLOUD_SCHEDULER],
];

function codesOf(make: (stack: TerraformStack) => unknown): string {
  try {
    make(new TerraformStack(Testing.app(), "test"));
  } catch (error) {
    if (error instanceof SternaError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("configurations of the documentation are accepted", () => {
  test.each(VALID)("%s", (_what, make) => {
    expect(codesOf(make)).toBe("accepted");
  });
});

// prettier-ignore
const INVALID: [what: string, make: (stack: TerraformStack) => unknown, code: string, source: string][] = [
  ["a name of a vault with a dot", backup({ name: "prod.vault" }), "InvalidBackupTimer", `${BACKUP}/API_CreateBackupVault.html`],
  ["a name of a vault of 51 characters", backup({ name: "v".repeat(51) }), "InvalidBackupTimer", `${BACKUP}/API_CreateBackupVault.html`],
  ["a start window of 59 minutes", backup({ startWindow: Duration.minutes(59) }), "BackupWindowTooShort", `${BACKUP}/API_BackupRule.html`],
  ["a completion window 59 minutes longer", backup({ startWindow: Duration.minutes(60), completionWindow: Duration.minutes(119) }), "BackupWindowTooShort", `${BACKUP}/API_BackupRule.html`],
  ["cold storage for 89 days", backup({ coldStorageAfter: Duration.days(30), retention: Duration.days(119) }), "ColdStorageTooLate", `${BACKUP}/API_Lifecycle.html`],
  ["continuous backups for 36 days", backup({ continuous: true, retention: Duration.days(36) }), "ContinuousBackupRetention", `${BACKUP}/point-in-time-recovery.html`],
  ["a lock that cools off for 2 days", backup({ lock: { mode: "compliance", coolingOff: Duration.days(2), acknowledge: { ComplianceWithoutReason: "the law" } } }), "InvalidBackupTimer", `${BACKUP}/API_PutBackupVaultLockConfiguration.html`],
  ["a backup every half hour", backup({ schedule: Schedule.aws("cron(0/30 * * * ? *)") }), "ScheduleTooFrequent", `${BACKUP}/creating-a-backup-plan.html`],
  ["a rate for AWS Backup", backup({ schedule: Schedule.aws("rate(1 day)") }), "ScheduleUntranslatable", `${BACKUP}/API_BackupRule.html`],
  ["a drill by tags and by resources", drill({ restore: [{ type: "EC2", resources: ["arn:aws:ec2:*:*:instance/i-1"], tags: { a: "b" } }] }), "InvalidRestoreDrill", `${BACKUP}/API_RestoreTestingSelectionForCreate.html`],
  ["a drill of 31 resources", drill({ restore: [{ type: "EC2", resources: Array.from({ length: 31 }, () => "arn:aws:ec2:*:*:instance/i-1") }] }), "InvalidRestoreDrill", `${BACKUP}/API_RestoreTestingSelectionForCreate.html`],
  ["a drill that starts within 169 hours", drill({ startWindow: Duration.hours(169) }), "InvalidRestoreDrill", `${BACKUP}/API_RestoreTestingPlanForCreate.html`],
  ["retries for 59 seconds", dump({ retryFor: Duration.seconds(59) }), "InvalidBackupTimer", `${SCHEDULER}/APIReference/API_RetryPolicy.html`],
  ["a flexible window of 90 seconds", dump({ jitter: Duration.seconds(90) }), "InvalidBackupTimer", `${SCHEDULER}/APIReference/API_FlexibleTimeWindow.html`],
  ["six targets of a rule", dump({ alarmTopicArns: Array.from({ length: 6 }, () => "arn:aws:sns:eu-central-1:111122223333:a") }), "InvalidBackupTimer", "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"],
  ["hosts that carry six tags", host({ placement: aws.SystemsManagerPlacement.byTags({ a: "1", b: "2", c: "3", d: "4", e: "5", f: "6" }) }), "InvalidBackupTimer", "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html"],
  ["cron that catches up", host({ scheduler: "cron", persistent: true }), "InvalidBackupTimer", CRONTAB],
  ["cron on the last day of the month", host({ scheduler: "cron", schedule: Schedule.monthly({ on: "last", at: "03:00" }) }), "ScheduleUntranslatable", CRONTAB],
  ["a size between those of Fargate", service({ cpu: 256, memory: Size.mebibytes(1536) }), "InvalidFargateSize", FARGATE],
  ["a size beyond those of Fargate", service({ cpu: 1024, memory: Size.gibibytes(9) }), "InvalidFargateSize", FARGATE],
  ["logs for 4 days", service({ logRetention: Duration.days(4) }), "InvalidLogRetention", LOGS],
  ["a load balancer that begins with internal-", service({ serviceName: "internal-shop" }), "InvalidServiceName", `${ELB}/APIReference/API_CreateLoadBalancer.html`],
  ["a load balancer that ends with a hyphen", service({ serviceName: "shop-" }), "InvalidServiceName", `${ELB}/APIReference/API_CreateLoadBalancer.html`],
  ["health checks every 4 seconds", service({ healthCheckInterval: Duration.seconds(4) }), "InvalidLoadBalancerTime", `${ELB}/APIReference/API_CreateTargetGroup.html`],
  ["a drain of an hour and a second", service({ deregistrationDelay: Duration.seconds(3601) }), "InvalidLoadBalancerTime", `${ELB}/APIReference/API_TargetGroupAttribute.html`],
  ["stickiness of 8 days", service({ stickiness: Duration.days(8) }), "InvalidLoadBalancerTime", `${ELB}/APIReference/API_TargetGroupStickinessConfig.html`],
  ["a load balancer in one subnet", service({ loadBalancerSubnetIds: ["subnet-1"] }), "TooFewSubnets", `${ELB}/application/application-load-balancers.html#subnets-load-balancer`],
  ["a secret with a space", secret({ secretName: "my secret" }), "InvalidSecretName", `${SECRETS}/apireference/API_CreateSecret.html`],
  ["a secret with a name of 513 characters", secret({ secretName: "a".repeat(513) }), "InvalidSecretName", `${SECRETS}/apireference/API_CreateSecret.html`],
  ["a recovery window of 6 days", secret({ recoveryWindow: Duration.days(6) }), "RecoveryWindowRefused", `${SECRETS}/apireference/API_DeleteSecret.html`],
  ["a recovery window of 31 days", secret({ recoveryWindow: Duration.days(31) }), "RecoveryWindowRefused", `${SECRETS}/apireference/API_DeleteSecret.html`],
  ["a rotation every 3 hours", secret({ schedule: Schedule.aws("rate(3 hours)") }), "RotationScheduleRefused", ROTATION],
  ["a rotation at half past", secret({ schedule: Schedule.aws("cron(30 8 * * ? *)") }), "RotationScheduleRefused", ROTATION],
  ["a rotation window into the next day", secret({ schedule: Schedule.aws("cron(0 22 * * ? *)"), window: Duration.hours(3) }), "RotationWindowRefused", ROTATION],
  ["a rotation in a zone", secret({ schedule: Schedule.aws("cron(0 8 * * ? *)", { zone: "Europe/Berlin" }) }), "ScheduleZoneUnsupported", ROTATION],
  ["4 vCPU and 1 GiB on Cloud Run", run({ cpu: 4, memory: Size.gibibytes(1) }), "InvalidCloudRunSize", `${RUN}/configuring/services/cpu`],
  ["more memory than Cloud Run has for a vCPU", run({ memory: Size.gibibytes(5) }), "InvalidCloudRunSize", `${RUN}/configuring/services/cpu`],
  ["a probe after more than an hour", run({ healthCheckInterval: Duration.seconds(3601) }), "InvalidProbeTime", `${RUN}/configuring/healthchecks`],
  ["a start of 241 seconds", run({ startupTimeout: Duration.seconds(241) }), "InvalidProbeTime", `${RUN}/configuring/healthchecks`],
  ["a variable that Cloud Run sets", run({ environmentVariables: { PORT: "80" } }), "InvalidEnvironmentVariable", `${RUN}/container-contract`],
  ["a member without its kind", run({ invokers: { it: "jane@example.com" } }), "InvalidInvoker", "https://cloud.google.com/iam/docs/principal-identifiers"],
  ["a service on Cloud Run with capitals", run({ serviceName: "Shop" }), "InvalidServiceName", `${RUN}/deploying`],
  ["a rotation every half hour", googleSecret({ rotationPeriod: Duration.minutes(30) }), "RotationPeriodRefused", `${SECRET_MANAGER}/secret-rotation`],
  ["a secret with a dot", googleSecret({ secretName: "my.secret" }), "InvalidSecretName", `${SECRET_MANAGER}/reference/rest/v1/projects.secrets/create`],
  ["a key in another location", googleSecret({ kmsKeyName: "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k" }), "KmsKeyInOtherLocation", `${SECRET_MANAGER}/cmek`],
  ["versions that are destroyed after 1001 days", googleSecret({ versionDestroyDelay: Duration.days(1001) }), "DestructionDelayRefused", `${SECRET_MANAGER}/delay-destruction-of-secret-versions`],
  ["Cloud Scheduler on the last day of the month", googleTimer({ schedule: Schedule.monthly({ on: "last", at: "03:00" }) }), "ScheduleUntranslatable", CLOUD_SCHEDULER],
];

describe("what the services refuse is refused", () => {
  test.each(INVALID)("%s", (_what, make, code) => {
    expect(codesOf(make)).toMatch(new RegExp(`^${code}:`));
  });
});
