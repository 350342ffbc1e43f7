import { ref, type TerraformStack, Token } from "cdktf";
import { AlarmTopic } from "../../lib/aws/backup/alarm-topic";
import { BackupTimer } from "../../lib/aws/backup/backup-timer";
import { DumpTarget } from "../../lib/aws/backup/dump-target";
import { DumpTimer } from "../../lib/aws/backup/dump-timer";
import { RestoreDrill } from "../../lib/aws/backup/restore-drill";
import { SystemsManagerPlacement } from "../../lib/aws/backup/systems-manager-placement";
import { BlueGreenService } from "../../lib/aws/blue-green/blue-green-service";
import { LoadBalancerRouter } from "../../lib/aws/blue-green/load-balancer-router";
import { Route53Router } from "../../lib/aws/blue-green/route53-router";
import { RotatingSecret } from "../../lib/aws/secrets/rotating-secret";
import { DataSyncTask } from "../../lib/aws/storage/data-sync-task";
import { TieredBucket } from "../../lib/aws/storage/tiered-bucket";
import { HostBackupTimer } from "../../lib/backup/host-backup-timer";
import { Duration } from "../../lib/core/duration";
import { Size } from "../../lib/core/size";
import { Schedule } from "../../lib/schedule/schedule";
import { RotationStrategy } from "../../lib/secrets/rotation-strategy";
import { Tier } from "../../lib/storage/tier";
import { image, SERVICE, STEADY } from "../aws/blue-green/service";

/**
 * What the plan says of an option that is changed after an apply: that it is applied (something is added or updated),
 * that nothing changes, or what goes. `refuses` is a replacement that `prevent_destroy` stops.
 */
export type Effect = "applied" | "nothing" | readonly `${"replaces" | "deletes" | "refuses"} ${string}`[];

/** A value after the apply, and what the plan says of it. */
export type OptionChange = readonly [after: unknown, effect: Effect];

/** A construct, declared as before the change, and each of its options after it. */
export interface Subject {
  readonly name: string;
  /** Interface of its properties in `lib/core/props-table.ts`; nothing for a class whose options it does not list. */
  readonly props?: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, OptionChange>>;
  /** Options that go with a changed one. */
  readonly together?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  declare(stack: TerraformStack, props: never): unknown;
}

const ACCOUNT = "123456789012";
const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${rest}`;
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const KEY = arn("kms", "key/11111111-2222-3333-4444-555555555555");
const OTHER_KEY = arn("kms", "key/66666666-2222-3333-4444-555555555555");
const TOPIC = arn("sns", "alarms");
const { days, hours, minutes } = Duration;
const REASON = { DestroyWithoutReason: "the test" };

const BACKUP: readonly Subject[] = [
  {
    name: "AlarmTopic",
    props: "aws/AlarmTopicProps",
    before: { topicName: "alarms" },
    options: {
      topicName: ["others", ["replaces aws_sns_topic", "replaces aws_sns_topic_policy"]],
      tags: [{ team: "ef" }, "applied"],
      transform: [{ topic: { displayName: "Alarms" } }, "applied"],
    },
    declare: (stack, props) => new AlarmTopic(stack, "it", props),
  },
  {
    name: "BackupTimer",
    props: "aws/BackupTimerProps",
    before: {
      name: "app",
      schedule: Schedule.cron("0 2 * * *"),
      selectionTags: { backup: "daily" },
      retention: days(30),
    },
    options: {
      name: ["other", ["refuses aws_backup_vault"]],
      schedule: [Schedule.cron("0 3 * * *"), "applied"],
      resources: [["arn:aws:s3:::bucket-1"], ["replaces aws_backup_selection"]],
      selectionTags: [{ backup: "weekly" }, ["replaces aws_backup_selection"]],
      retention: [days(35), ["replaces aws_backup_vault_lock_configuration"]],
      requiredRetention: [days(14), "nothing"],
      coldStorageAfter: [days(30), ["replaces aws_backup_vault_lock_configuration"]],
      continuous: [true, "applied"],
      startWindow: [hours(2), "applied"],
      completionWindow: [hours(12), "applied"],
      copies: [[{ vaultArn: "arn:aws:backup:eu-west-1:444455556666:backup-vault:copies" }], "applied"],
      vaultName: [
        "Kept",
        ["deletes aws_backup_vault", "deletes aws_backup_vault_lock_configuration", "deletes aws_kms_key"],
      ],
      lock: [{ mode: "governance", minimumRetention: days(7) }, ["replaces aws_backup_vault_lock_configuration"]],
      kmsKeyArn: [KEY, ["refuses aws_backup_vault"]],
      roleArn: [
        role("backup"),
        ["deletes aws_iam_role", "deletes aws_iam_role_policy_attachment", "replaces aws_backup_selection"],
      ],
      instanceRoleArns: [[role("app")], "applied"],
      alarmTopicArns: [[TOPIC], "applied"],
      acknowledge: [REASON, "nothing"],
      tags: [{ team: "ef" }, "applied"],
      transform: [{ plan: { tags: { team: "ef" } } }, "applied"],
    },
    together: { coldStorageAfter: { retention: days(120) } },
    declare: (stack, props) => new BackupTimer(stack, "it", props),
  },
  {
    name: "DumpTimer",
    props: "aws/DumpTimerProps",
    before: {
      name: "dump",
      schedule: Schedule.daily({ at: "02:00" }),
      target: DumpTarget.lambda(arn("lambda", "function:dump")),
    },
    options: {
      name: ["other", ["replaces aws_scheduler_schedule", "replaces aws_scheduler_schedule_group"]],
      schedule: [Schedule.daily({ at: "03:00" }), "applied"],
      target: [
        DumpTarget.ecsTask({
          clusterArn: arn("ecs", "cluster/app"),
          taskDefinitionArn: arn("ecs", "task-definition/dump:7"),
          roleArns: [role("dump")],
          subnetIds: ["subnet-1"],
        }),
        "applied",
      ],
      jitter: [minutes(15), "applied"],
      retryFor: [hours(2), "applied"],
      deadLetterQueueArn: [arn("sqs", "dropped"), "applied"],
      alarmTopicArns: [[TOPIC], "applied"],
      transform: [{ schedule: { description: "changed" } }, "applied"],
    },
    declare: (stack, props) => new DumpTimer(stack, "it", props),
  },
  {
    name: "RestoreDrill",
    props: "aws/RestoreDrillProps",
    before: {
      name: "drill",
      schedule: Schedule.cron("0 4 * * 0"),
      restore: [{ type: "S3", resources: ["arn:aws:s3:::files"] }],
      vaultArns: [arn("backup", "backup-vault:app")],
    },
    options: {
      name: ["other", ["replaces aws_backup_restore_testing_plan", "replaces aws_backup_restore_testing_selection"]],
      schedule: [Schedule.cron("0 5 * * 0"), "applied"],
      restore: [
        [{ type: "RDS", tags: { system: "app" } }],
        ["deletes aws_iam_role_policy_attachment", "replaces aws_backup_restore_testing_selection"],
      ],
      vaultArns: [[arn("backup", "backup-vault:other")], "applied"],
      youngerThan: [days(3), "applied"],
      random: [true, "applied"],
      startWindow: [hours(2), "applied"],
      roleArn: [role("restore"), ["deletes aws_iam_role", "deletes aws_iam_role_policy_attachment"]],
      instanceRoleArns: [[role("app")], "applied"],
      tags: [{ team: "ef" }, "applied"],
      transform: [{ plan: { tags: { team: "ef" } } }, "applied"],
    },
    declare: (stack, props) => new RestoreDrill(stack, "it", props),
  },
  {
    name: "HostBackupTimer",
    props: "HostBackupTimerProps",
    before: {
      name: "host",
      schedule: Schedule.daily({ at: "02:00" }),
      planFile: "/etc/sterna/backups/app.json",
      user: "backup",
      placement: SystemsManagerPlacement.byTags({ Role: "database" }),
    },
    options: {
      name: ["other", ["replaces aws_ssm_association", "replaces aws_ssm_document"]],
      schedule: [Schedule.daily({ at: "03:00" }), "applied"],
      planFile: ["/etc/sterna/backups/other.json", "applied"],
      user: ["other", "applied"],
      scheduler: ["cron", "applied"],
      placement: [SystemsManagerPlacement.byTags({ Role: "files" }), "applied"],
      sternaPath: ["/opt/sterna/bin/sterna", "applied"],
      writablePaths: [["/srv/backups"], "applied"],
      credentials: [{ key: "/etc/sterna/key" }, "applied"],
      persistent: [false, "applied"],
      jitter: [minutes(10), "applied"],
      timeout: [hours(2), "applied"],
      onFailureUnit: ["notify@%n.service", "applied"],
      transform: [
        { file: (file: { content: string }) => ({ ...file, content: `${file.content}# changed\n` }) },
        "applied",
      ],
    },
    declare: (stack, props) => new HostBackupTimer(stack, "it", props),
  },
];

const STORAGE: readonly Subject[] = [
  {
    name: "DataSyncTask",
    props: "aws/DataSyncTaskProps",
    before: { sourceBucketName: "files-old", destinationBucketName: "files-new" },
    options: {
      sourceBucketName: ["files-older", ["replaces aws_datasync_location_s3", "replaces aws_datasync_task"]],
      destinationBucketName: ["files-newer", ["replaces aws_datasync_location_s3", "replaces aws_datasync_task"]],
      sourceKmsKeyArn: [KEY, "applied"],
      destinationKmsKeyArn: [KEY, "applied"],
      prefix: ["data/", ["replaces aws_datasync_location_s3", "replaces aws_datasync_task"]],
      copyObjectTags: [false, "applied"],
      schedule: [Schedule.daily({ at: "02:00" }), "applied"],
      transform: [{ task: { name: "changed" } }, "applied"],
    },
    declare: (stack, props) => new DataSyncTask(stack, "it", props),
  },
  {
    name: "TieredBucket",
    props: "aws/TieredBucketProps",
    before: { bucketName: "files", kmsKeyArn: KEY },
    options: {
      bucketName: ["renamed", ["refuses aws_s3_bucket"]],
      versioned: [false, "applied"],
      lifecycleRules: [[{ id: "a", transitions: [{ tier: Tier.infrequentAccess, after: days(30) }] }], "applied"],
      abortIncompleteUploadsAfter: [days(3), "applied"],
      corsRules: [[{ allowedOrigins: ["https://example.org"], allowedMethods: ["GET"] }], "applied"],
      previously: [["old"], "nothing"],
      acknowledge: [REASON, "nothing"],
      forceDestroy: [true, "applied"],
      intelligentTiering: [
        { archiveAfter: days(90), uploadedBy: "the test", acknowledge: { RetrievalDelayNotAccepted: "the test" } },
        "applied",
      ],
      transitionDefaultMinimumObjectSize: ["varies_by_storage_class", "applied"],
      kmsKeyArn: [OTHER_KEY, "applied"],
      objectLock: [{ mode: "governance", defaultRetention: days(1) }, ["refuses aws_s3_bucket"]],
      replicationRules: [
        [{ id: "copy", destinationBucketArn: "arn:aws:s3:::copies", destinationKmsKeyArn: KEY }],
        "applied",
      ],
      accessLogs: [{ bucketName: "logs" }, "applied"],
      inventories: [[{ id: "all", destinationBucketArn: "arn:aws:s3:::lists" }], "applied"],
      notifications: [
        [{ service: "sqs", targetArn: arn("sqs", "uploads"), events: ["s3:ObjectCreated:*"] }],
        "applied",
      ],
      eventBridge: [true, "applied"],
      policyStatements: [
        [
          {
            Sid: "Read",
            Effect: "Allow",
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
            Action: "s3:GetObject",
            Resource: "arn:aws:s3:::files/*",
          },
        ],
        "applied",
      ],
      readAtOnce: [["data/"], "nothing"],
      adopt: [true, "nothing"],
      tags: [{ team: "ef" }, "applied"],
      transform: [{ versioning: { expectedBucketOwner: ACCOUNT } }, ["replaces aws_s3_bucket_versioning"]],
    },
    together: { forceDestroy: { acknowledge: REASON } },
    declare: (stack, props) => new TieredBucket(stack, "it", props),
  },
];

const SERVICES: readonly Subject[] = [
  {
    name: "BlueGreenService",
    props: "aws/BlueGreenServiceProps",
    before: { ...SERVICE, environmentVariables: { LEVEL: "info" } },
    options: {
      rollout: [STEADY.prewarm("1.1.0"), "applied"],
      environmentVariables: [{ LEVEL: "debug" }, ["replaces aws_ecs_task_definition"]],
      serviceName: ["other", ["refuses aws_ecs_service", "refuses aws_lb", "refuses aws_lb_target_group"]],
      images: [{ "1.0.0": image("again") }, ["replaces aws_ecs_task_definition"]],
      containerPort: [
        9090,
        [
          "deletes aws_vpc_security_group_egress_rule",
          "deletes aws_vpc_security_group_ingress_rule",
          "replaces aws_ecs_task_definition",
        ],
      ],
      clusterArn: [arn("ecs", "cluster/other"), ["refuses aws_ecs_service"]],
      vpcId: ["vpc-2", ["refuses aws_lb_target_group"]],
      subnetIds: [["subnet-9"], "applied"],
      loadBalancerSubnetIds: [["subnet-8", "subnet-9"], "applied"],
      certificateArn: [arn("acm", "certificate/2"), "applied"],
      acknowledge: [{ LiteralSecretValue: "the test" }, ["replaces aws_ecs_task_definition"]],
      cpu: [512, ["replaces aws_ecs_task_definition"]],
      memory: [Size.gibibytes(1), ["replaces aws_ecs_task_definition"]],
      secrets: [{ TOKEN: arn("ssm", "parameter/a") }, ["replaces aws_ecs_task_definition"]],
      secretKmsKeyArns: [[KEY], ["replaces aws_ecs_task_definition"]],
      taskRoleArn: [role("app"), ["deletes aws_iam_role", "replaces aws_ecs_task_definition"]],
      healthCheckPath: ["/up", "applied"],
      healthCheckInterval: [Duration.seconds(30), "applied"],
      deregistrationDelay: [Duration.seconds(5), "applied"],
      stickiness: [hours(1), "nothing"],
      minTasks: [1, "applied"],
      maxTasks: [20, "applied"],
      targetCpuPercent: [40, "applied"],
      bakeTime: [hours(1), "nothing"],
      errorPercent: [5, "applied"],
      alarmTopicArns: [[TOPIC], "applied"],
      deletionProtection: [false, "applied"],
      internal: [true, ["refuses aws_lb"]],
      allowedCidrBlocks: [["10.0.0.0/8"], "applied"],
      testPort: [9443, "applied"],
      testCidrBlocks: [["10.0.0.0/8"], "applied"],
      logRetention: [days(90), "applied"],
      transform: [{ targetGroup: { protocolVersion: "GRPC" } }, ["refuses aws_lb_target_group"]],
    },
    together: {
      cpu: { memory: Size.gibibytes(1) },
      acknowledge: { environmentVariables: { LEVEL: "info", API_TOKEN: "not one" } },
      secretKmsKeyArns: { secrets: { TOKEN: arn("ssm", "parameter/a") } },
    },
    declare: (stack, props) => new BlueGreenService(stack, "it", props),
  },
  {
    name: "LoadBalancerRouter",
    props: "aws/LoadBalancerRouterProps",
    before: {
      loadBalancerArn: arn("elasticloadbalancing", "loadbalancer/app/shop/0123456789abcdef"),
      certificateArn: arn("acm", "certificate/1"),
      targetGroupArn: () => arn("elasticloadbalancing", "targetgroup/blue/0123456789abcdef"),
    },
    options: {
      loadBalancerArn: [
        arn("elasticloadbalancing", "loadbalancer/app/other/0123456789abcdef"),
        ["replaces aws_lb_listener"],
      ],
      certificateArn: [arn("acm", "certificate/2"), "applied"],
      targetGroupArn: [() => arn("elasticloadbalancing", "targetgroup/green/0123456789abcdef"), "applied"],
      port: [8443, "applied"],
      transform: [{ sslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06" }, "applied"],
    },
    declare: (stack, props) => new LoadBalancerRouter(props).route(stack, [{ color: "blue", stack, percent: 100 }]),
  },
  {
    name: "Route53Router",
    before: { zoneId: "Z1234567890", recordName: "shop.example.org", target: () => ({ dnsName: "blue.example.org" }) },
    options: {
      zoneId: ["Z0987654321", ["replaces aws_route53_record"]],
      recordName: ["other.example.org", ["replaces aws_route53_record"]],
      target: [() => ({ dnsName: "green.example.org" }), "applied"],
      ipv6: [true, "nothing"],
      timeToLive: [minutes(2), "applied"],
      transform: [{ healthCheckId: "check-1" }, "applied"],
    },
    declare: (stack, props) => new Route53Router(props).route(stack, [{ color: "blue", stack, percent: 100 }]),
  },
  {
    name: "RotatingSecret",
    props: "aws/RotatingSecretProps",
    before: { secretName: "app", strategy: RotationStrategy.randomValue() },
    options: {
      initialValue: [Token.asString(ref("var.first")), "nothing"],
      acknowledge: [REASON, "nothing"],
      previously: [["old"], "nothing"],
      secretName: ["other", ["refuses aws_secretsmanager_secret"]],
      strategy: [RotationStrategy.randomValue({ bytes: 64 }), "applied"],
      schedule: [Schedule.cron("0 3 * * 0"), "applied"],
      window: [hours(1), "applied"],
      rotateOnChange: [true, "applied"],
      kmsKeyArn: [KEY, ["deletes aws_kms_key"]],
      network: [{ subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] }, "applied"],
      replicas: [[{ region: "eu-west-1" }], "applied"],
      resourcePolicy: ["{}", "applied"],
      alarmTopicArns: [[TOPIC], "applied"],
      recoveryWindow: [days(7), "applied"],
      adopt: [{ id: arn("secretsmanager", "secret:app-AbCdEf") }, ["deletes aws_secretsmanager_secret_version"]],
      tags: [{ team: "ef" }, "applied"],
      transform: [{ secret: { description: "changed" } }, "applied"],
    },
    declare: (stack, props) => new RotatingSecret(stack, "it", props),
  },
];

/** The constructs of AWS, with what a change of each of their options does. */
export const SUBJECTS: readonly Subject[] = [...BACKUP, ...STORAGE, ...SERVICES];
