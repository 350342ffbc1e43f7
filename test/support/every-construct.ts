import { Construct } from "constructs";
import { TerraformStack } from "cdktf";
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
import type { TieredBucketProps } from "../../lib/aws/storage/tiered-bucket-props";
import { HostBackupTimer } from "../../lib/backup/host-backup-timer";
import { Duration } from "../../lib/core/duration";
import { SecretReference } from "../../lib/core/references";
import { Size } from "../../lib/core/size";
import { Rollout } from "../../lib/manifest/rollout";
import { Schedule } from "../../lib/schedule/schedule";
import { RotationStrategy } from "../../lib/secrets/rotation-strategy";
import { Tier } from "../../lib/storage/tier";

/** Where the resources are that the declarations refer to. */
export interface Place {
  readonly region: string;
  readonly partition: "aws" | "aws-cn" | "aws-us-gov";
}

/** A construct of AWS in one of its variants. */
export interface Declaration {
  /** Construct and variant; unique. */
  readonly name: string;

  /** File of the construct below `lib`. */
  readonly file: string;

  declare(scope: Construct, place: Place): void;
}

const ACCOUNT = "111122223333";
const REASON = "the test";
const days = (amount: number) => Duration.days(amount);

function arn({ partition, region }: Place, service: string, rest: string): string {
  return service === "s3"
    ? `arn:${partition}:s3:::${rest}`
    : `arn:${partition}:${service}:${region}:${ACCOUNT}:${rest}`;
}

/** Declares a bucket whose name is that of the variant, since names are unique in an app. */
function bucket(variant: string, props: (place: Place) => Partial<TieredBucketProps>): Declaration {
  const declare = (scope: Construct, place: Place) => {
    const made = new TieredBucket(scope, "bucket", { bucketName: `app-ef-${variant}`, ...props(place) });
    made.grantRead("reader", "app", "data/");
    made.grantReadWrite("writer", "app");
    made.grantDelete("cleaner", "app");
  };
  return { name: `TieredBucket: ${variant}`, file: "aws/storage/tiered-bucket.ts", declare };
}

const BUCKETS: readonly Declaration[] = [
  bucket("defaults", () => ({})),
  bucket("lifecycle", (): Partial<TieredBucketProps> => ({
    lifecycleRules: [
      {
        id: "ladder",
        prefix: "data/",
        objectTags: { kind: "export", team: "ef" },
        objectSizeGreaterThan: Size.kibibytes(128),
        objectSizeLessThan: Size.gibibytes(1),
        transitions: [
          { tier: Tier.infrequentAccess, after: days(30) },
          { tier: Tier.instantArchive, after: days(60) },
          { tier: Tier.archive, after: days(150) },
          { tier: Tier.deepArchive, after: days(240) },
        ],
        expireAfter: days(1000),
        acknowledge: { RetrievalDelayNotAccepted: REASON },
      },
      {
        id: "versions",
        noncurrentTransitions: [{ tier: Tier.infrequentAccess, after: days(30), keepNoncurrentVersions: 2 }],
        expireNoncurrentVersionsAfter: days(90),
        keepNoncurrentVersions: 3,
      },
      { id: "markers", prefix: "tmp/", removeExpiredDeleteMarkers: true, abortIncompleteUploadsAfter: days(1) },
      { id: "tag", objectTags: { kind: "log" }, expireAfter: days(1), enabled: false },
      { id: "one-zone", prefix: "copies/", transitions: [{ tier: Tier.oneZoneInfrequentAccess, after: days(30) }] },
      { id: "tiered", prefix: "files/", transitions: [{ tier: Tier.intelligent, after: days(0) }] },
    ],
    intelligentTiering: {
      prefix: "files/",
      archiveAfter: days(90),
      deepArchiveAfter: days(180),
      acknowledge: { RetrievalDelayNotAccepted: REASON },
    },
    transitionDefaultMinimumObjectSize: "varies_by_storage_class",
    abortIncompleteUploadsAfter: "never",
  })),
  bucket("locked-replica", (place) => ({
    kmsKeyArn: arn(place, "kms", "key/1234"),
    objectLock: { mode: "compliance", defaultRetention: days(365), acknowledge: { ComplianceWithoutReason: REASON } },
    replicationRules: [
      {
        id: "encrypted",
        destinationBucketArn: arn(place, "s3", "app-ef-copy"),
        destinationTier: Tier.instantArchive,
        destinationKmsKeyArn: arn(place, "kms", "alias/copy"),
        sourceKmsKeyArns: [arn(place, "kms", "key/5678")],
        destinationAccount: "444455556666",
        replicateDeletes: true,
        within15Minutes: true,
      },
      {
        id: "others",
        prefix: "public/",
        objectTags: { copy: "yes" },
        destinationBucketArn: arn(place, "s3", "app-ef-copy"),
        kmsEncryptedObjects: "leave",
      },
    ],
  })),
  bucket("plain-replica", (place) => ({
    replicationRules: [
      {
        id: "all",
        destinationBucketArn: arn(place, "s3", "app-ef-copy"),
        destinationKmsKeyArn: arn(place, "kms", "key/1234"),
      },
    ],
  })),
  bucket("notified", (place) => ({
    versioned: false,
    accessLogs: { bucketName: "app-ef-logs" },
    inventories: [
      { id: "all", destinationBucketArn: arn(place, "s3", "app-ef-lists") },
      {
        id: "some",
        destinationBucketArn: arn(place, "s3", "app-ef-lists"),
        destinationPrefix: "lists/",
        prefix: "data/",
        frequency: "Daily",
        format: "CSV",
        includeVersions: false,
      },
    ],
    notifications: [
      { service: "sqs", targetArn: arn(place, "sqs", "uploads"), events: ["s3:ObjectCreated:*"], prefix: "a/" },
      { service: "sns", targetArn: arn(place, "sns", "uploads"), events: ["s3:ObjectRemoved:*"], suffix: ".csv" },
      { service: "lambda", targetArn: arn(place, "lambda", "function:index"), events: ["s3:ObjectRestore:*"] },
    ],
    eventBridge: true,
    corsRules: [
      {
        allowedOrigins: ["https://app.example.org"],
        allowedMethods: ["GET", "PUT"],
        allowedHeaders: ["*"],
        exposedHeaders: ["ETag"],
        maxAge: Duration.minutes(10),
      },
    ],
    policyStatements: [
      {
        Sid: "Homes",
        Effect: "Allow",
        Principal: { AWS: `arn:${place.partition}:iam::${ACCOUNT}:root` },
        Action: "s3:GetObject",
        Resource: `${arn(place, "s3", "app-ef-notified")}/\${aws:username}/*`,
      },
    ],
    acknowledge: { DestroyWithoutReason: REASON },
    forceDestroy: true,
    tags: { team: "ef" },
  })),
];

const TRANSFERS: readonly Declaration[] = [
  {
    name: "DataSyncTask: defaults",
    file: "aws/storage/data-sync-task.ts",
    declare: (scope) =>
      void new DataSyncTask(scope, "task", { sourceBucketName: "app-ef-old", destinationBucketName: "app-ef-new" }),
  },
  {
    name: "DataSyncTask: keys",
    file: "aws/storage/data-sync-task.ts",
    declare: (scope, place) =>
      void new DataSyncTask(scope, "task", {
        sourceBucketName: "app-ef-old",
        destinationBucketName: "app-ef-new",
        prefix: "data/",
        sourceKmsKeyArn: arn(place, "kms", "key/1234"),
        destinationKmsKeyArn: arn(place, "kms", "alias/new"),
        copyObjectTags: false,
        schedule: Schedule.daily({ at: "02:00" }),
      }),
  },
];

const BACKUPS: readonly Declaration[] = [
  {
    name: "AlarmTopic",
    file: "aws/backup/alarm-topic.ts",
    declare: (scope) => void new AlarmTopic(scope, "topic", { topicName: "alarms" }),
  },
  {
    name: "BackupTimer: by tags",
    file: "aws/backup/backup-timer.ts",
    declare: (scope, place) =>
      void new BackupTimer(scope, "timer", {
        name: "daily",
        schedule: Schedule.cron("0 2 * * *"),
        selectionTags: { backup: "daily" },
        retention: days(120),
        requiredRetention: days(90),
        coldStorageAfter: days(30),
        copies: [{ vaultArn: arn(place, "backup", "backup-vault:copies") }],
        alarmTopicArns: [arn(place, "sns", "backups")],
      }),
  },
  {
    name: "BackupTimer: of a bucket",
    file: "aws/backup/backup-timer.ts",
    declare: (scope, place) =>
      void new BackupTimer(scope, "timer", {
        name: "bucket",
        schedule: Schedule.cron("0 3 * * *"),
        resources: [arn(place, "s3", "app-ef-files")],
        retention: days(30),
        lock: { mode: "governance", minimumRetention: days(7), maximumRetention: days(365) },
      }),
  },
  {
    name: "DumpTimer: function",
    file: "aws/backup/dump-timer.ts",
    declare: (scope, place) =>
      void new DumpTimer(scope, "timer", {
        name: "dump",
        schedule: Schedule.onCalendar("Mon..Fri 02:30 Europe/Berlin"),
        target: DumpTarget.lambda(arn(place, "lambda", "function:dump")),
        jitter: Duration.minutes(15),
        deadLetterQueueArn: arn(place, "sqs", "dropped"),
        alarmTopicArns: [arn(place, "sns", "backups")],
      }),
  },
  {
    name: "DumpTimer: task",
    file: "aws/backup/dump-timer.ts",
    declare: (scope, place) =>
      void new DumpTimer(scope, "timer", {
        name: "dump-task",
        schedule: Schedule.cron("0 2 * * *"),
        target: DumpTarget.ecsTask({
          clusterArn: arn(place, "ecs", "cluster/app"),
          taskDefinitionArn: arn(place, "ecs", "task-definition/dump:7"),
          roleArns: [`arn:${place.partition}:iam::${ACCOUNT}:role/dump`],
          subnetIds: ["subnet-1"],
          securityGroupIds: ["sg-1"],
        }),
        alarmTopicArns: [arn(place, "sns", "backups")],
      }),
  },
  {
    name: "RestoreDrill: by tags",
    file: "aws/backup/restore-drill.ts",
    declare: (scope, place) =>
      void new RestoreDrill(scope, "drill", {
        name: "tags",
        schedule: Schedule.cron("0 4 * * 0"),
        vaultArns: [arn(place, "backup", "backup-vault:app")],
        restore: [{ type: "RDS", tags: { system: "app" } }],
      }),
  },
  {
    name: "RestoreDrill: by ARN",
    file: "aws/backup/restore-drill.ts",
    declare: (scope, place) =>
      void new RestoreDrill(scope, "drill", {
        name: "arns",
        schedule: Schedule.cron("0 4 * * 0"),
        vaultArns: [arn(place, "backup", "backup-vault:app")],
        restore: [{ type: "S3", resources: [arn(place, "s3", "app-ef-files")] }],
      }),
  },
  {
    name: "HostBackupTimer: SystemsManagerPlacement",
    file: "aws/backup/systems-manager-placement.ts",
    declare: (scope) =>
      void new HostBackupTimer(scope, "host", {
        name: "app",
        schedule: Schedule.daily({ at: "02:00" }),
        planFile: "/etc/sterna/backups/app.json",
        user: "backup",
        placement: SystemsManagerPlacement.byTags({ Role: "database" }),
      }),
  },
];

const DIGEST = `sha256:${"0".repeat(64)}`;

const SERVICES: readonly Declaration[] = (["steady", "canary"] as const).map((phase) => ({
  name: `BlueGreenService: ${phase}`,
  file: "aws/blue-green/blue-green-service.ts",
  declare: (scope: Construct, place: Place) => {
    const steady = Rollout.steady("blue", "1.0.0");
    new BlueGreenService(scope, "service", {
      serviceName: phase,
      rollout: phase === "steady" ? steady : steady.prewarm("1.1.0").canary(10),
      images: {
        "1.0.0": `${ACCOUNT}.dkr.ecr.${place.region}.amazonaws.com/shop@${DIGEST}`,
        "1.1.0": `registry.example.org/shop@${DIGEST}`,
      },
      clusterArn: arn(place, "ecs", "cluster/shop"),
      vpcId: "vpc-1",
      subnetIds: ["subnet-1", "subnet-2"],
      loadBalancerSubnetIds: ["subnet-3", "subnet-4"],
      certificateArn: arn(place, "acm", "certificate/1"),
      containerPort: 8080,
      environmentVariables: { MODE: "fast" },
      secrets: {
        DATABASE_URL: SecretReference.aws(arn(place, "secretsmanager", "secret:shop/database-AbCdEf"), {
          key: "url",
          kmsKeyArn: arn(place, "kms", "key/1234"),
        }),
      },
      alarmTopicArns: [arn(place, "sns", "alarms")],
    });
  },
}));

const SECRETS: readonly Declaration[] = [
  {
    name: "RotatingSecret: random value",
    file: "aws/secrets/rotating-secret.ts",
    declare: (scope) =>
      void new RotatingSecret(scope, "secret", { secretName: "app/key", strategy: RotationStrategy.randomValue() }),
  },
  {
    name: "RotatingSecret: two users",
    file: "aws/secrets/rotating-secret.ts",
    declare: (scope, place) =>
      void new RotatingSecret(scope, "secret", {
        secretName: "app/database",
        strategy: RotationStrategy.postgresAlternatingUsers({
          host: "db.example.org",
          database: "app",
          username: "app",
          adminSecret: arn(place, "secretsmanager", "secret:admin-AbCdEf"),
        }),
        schedule: Schedule.cron("0 3 * * 0"),
        window: Duration.hours(2),
        kmsKeyArn: arn(place, "kms", "key/1234"),
        network: { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] },
        alarmTopicArns: [arn(place, "sns", "alarms")],
        tags: { team: "ef" },
      }),
  },
];

/** Every construct of AWS that stands alone, in the variants that write different resources. */
export const AWS_DECLARATIONS: readonly Declaration[] = [
  ...BUCKETS,
  ...TRANSFERS,
  ...BACKUPS,
  ...SERVICES,
  ...SECRETS,
  {
    name: "LoadBalancerRouter",
    file: "aws/blue-green/load-balancer-router.ts",
    declare: (scope, place) => {
      const router = new LoadBalancerRouter({
        loadBalancerArn: arn(place, "elasticloadbalancing", "loadbalancer/app/shop/1"),
        certificateArn: arn(place, "acm", "certificate/shop"),
        targetGroupArn: () => arn(place, "elasticloadbalancing", "targetgroup/shop/1"),
      });
      const stack = TerraformStack.of(scope);
      router.route(stack, [{ color: "blue", stack, percent: 100 }]);
    },
  },
  {
    name: "Route53Router",
    file: "aws/blue-green/route53-router.ts",
    declare: (scope) => {
      const router = new Route53Router({
        zoneId: "Z1234567890",
        recordName: "shop.example.org",
        target: () => ({ dnsName: "shop.elb.example.org", hostedZoneId: "Z0987654321" }),
      });
      const stack = TerraformStack.of(scope);
      router.route(stack, [{ color: "blue", stack, percent: 100 }]);
    },
  },
];

/** Declares each in a scope of its own, as the constructs of one stack. */
export function declareAll(stack: TerraformStack, place: Place, declarations = AWS_DECLARATIONS): void {
  for (const { name, declare } of declarations) declare(new Construct(stack, name.replace(/\W+/g, "-")), place);
}
