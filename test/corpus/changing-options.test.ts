import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import * as aws from "../../lib/aws/index";
import { Duration } from "../../lib/core/duration";
import { Size } from "../../lib/core/size";
import { Schedule } from "../../lib/schedule/schedule";
import { RotationStrategy } from "../../lib/secrets/rotation-strategy";
import { image, SERVICE } from "../aws/blue-green/service";
import { synthesize, type SynthesizedStack } from "../support/synth";

type Block = Readonly<Record<string, unknown>>;

/**
 * Attributes whose change makes Terraform replace a resource, of hashicorp/aws 5.100, by type; and the attributes that two
 * resources of a type cannot share, so that a replacement that creates first needs another value.
 */
const REPLACED_BY: Readonly<Record<string, { readonly forcing: readonly string[]; readonly unique?: string }>> = {
  aws_lb_target_group: {
    forcing: ["vpc_id", "protocol", "protocol_version", "target_type", "port", "name_prefix"],
    unique: "name",
  },
  aws_lb: { forcing: ["name", "internal", "load_balancer_type"], unique: "name" },
  aws_ecs_service: { forcing: ["cluster", "name", "launch_type"] },
  aws_security_group: { forcing: ["vpc_id", "description", "name_prefix"], unique: "name" },
  aws_backup_vault: { forcing: ["name", "kms_key_arn"] },
  aws_kms_key: { forcing: [] },
  aws_secretsmanager_secret: { forcing: ["name"] },
  aws_vpc_security_group_egress_rule: { forcing: ["security_group_id"] },
  aws_vpc_security_group_ingress_rule: { forcing: ["security_group_id"] },
};

/** What a change between two synths does to resources that hold data or carry traffic. */
function replacements(before: SynthesizedStack, after: SynthesizedStack): string[] {
  return Object.entries(REPLACED_BY).flatMap(([type, { forcing, unique }]) =>
    Object.entries(after.resource[type] ?? {}).flatMap(([name, block]) => {
      const was = before.resource[type]?.[name];
      const { lifecycle = {} } = block as { lifecycle?: Block };
      const ignored = (lifecycle.ignore_changes ?? []) as string[];
      const forced = forcing.filter(
        (attribute) => was !== undefined && !ignored.includes(attribute) && was[attribute] !== block[attribute],
      );
      if (forced.length === 0) return [];
      const address = `${type}.${name.replace(/_[0-9A-F]{8}$/, "")}`;
      if (lifecycle.prevent_destroy === true) return [`refused ${address}`];
      const conflict = lifecycle.create_before_destroy === true && unique !== undefined && block[unique] !== undefined;
      return [`${conflict ? "cannot replace" : "replaces"} ${address}`];
    }),
  );
}

const stackOf = (make: (stack: Parameters<Parameters<typeof synthesize>[0]>[0]) => void) =>
  synthesize((stack) => {
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    make(stack);
  });

/** The stack before a change, once. */
function once<Props extends object>(make: (props: Partial<Props>) => SynthesizedStack): () => SynthesizedStack {
  let made: SynthesizedStack | undefined;
  return () => (made ??= make({}));
}

describe("a change of an option after an apply", () => {
  const service = (props: Partial<aws.BlueGreenServiceProps>) =>
    stackOf((stack) => new aws.BlueGreenService(stack, "it", { ...SERVICE, ...props }));
  const serviceBefore = once(service);

  test.each<[string, Partial<aws.BlueGreenServiceProps>]>([
    ["containerPort", { containerPort: 9090 }],
    ["images", { images: { "1.0.0": image("again") } }],
    ["subnetIds", { subnetIds: ["subnet-9"] }],
    ["loadBalancerSubnetIds", { loadBalancerSubnetIds: ["subnet-8", "subnet-9"] }],
    ["certificateArn", { certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/2" }],
    ["cpu and memory", { cpu: 512, memory: Size.gibibytes(1) }],
    ["environmentVariables", { environmentVariables: { LEVEL: "debug" } }],
    ["secrets", { secrets: { TOKEN: "arn:aws:ssm:us-east-1:1:parameter/a" } }],
    ["secretKmsKeyArns", { secretKmsKeyArns: ["arn:aws:kms:us-east-1:1:key/1"] }],
    ["taskRoleArn", { taskRoleArn: "arn:aws:iam::1:role/app" }],
    ["healthCheckPath", { healthCheckPath: "/up" }],
    ["healthCheckInterval", { healthCheckInterval: Duration.seconds(30) }],
    ["deregistrationDelay", { deregistrationDelay: Duration.seconds(5) }],
    ["stickiness", { stickiness: Duration.hours(1) }],
    ["minTasks", { minTasks: 1 }],
    ["maxTasks", { maxTasks: 20 }],
    ["targetCpuPercent", { targetCpuPercent: 40 }],
    ["bakeTime", { bakeTime: Duration.hours(1) }],
    ["errorPercent", { errorPercent: 5 }],
    ["alarmTopicArns", { alarmTopicArns: ["arn:aws:sns:us-east-1:1:a"] }],
    ["deletionProtection", { deletionProtection: false }],
    ["allowedCidrBlocks", { allowedCidrBlocks: ["10.0.0.0/8"] }],
    ["testPort", { testPort: 9443 }],
    ["testCidrBlocks", { testCidrBlocks: ["10.0.0.0/8"] }],
    ["logRetention", { logRetention: Duration.days(90) }],
  ])("%s of a service replaces nothing that carries traffic", (_option, props) => {
    expect(replacements(serviceBefore(), service(props))).toEqual([]);
  });

  const groups = (color: string) => `aws_lb_target_group.it_Traffic_TargetGroup-${color}`;
  const security = ["it_Traffic_SecurityGroup", "it_TaskSecurityGroup"].map(
    (name) => `replaces aws_security_group.${name}`,
  );
  test.each<[string, Partial<aws.BlueGreenServiceProps>, string[]]>([
    ["vpcId", { vpcId: "vpc-2" }, [`refused ${groups("blue")}`, `replaces ${groups("green")}`, ...security]],
    [
      "clusterArn",
      { clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/other" },
      ["refused aws_ecs_service.it_blue"],
    ],
    ["internal", { internal: true }, ["refused aws_lb.it_Traffic"]],
    [
      "the protocol of both colors",
      { transform: { targetGroup: { protocolVersion: "GRPC" } } },
      [`refused ${groups("blue")}`, `replaces ${groups("green")}`],
    ],
    [
      "the protocol of the idle color",
      {
        transform: {
          targetGroup: (config, color) => (color === "blue" ? config : { ...config, protocolVersion: "GRPC" }),
        },
      },
      [`replaces ${groups("green")}`],
    ],
  ])("%s of a service is refused by the plan where it would cut traffic", (_option, props, expected) => {
    expect(replacements(serviceBefore(), service(props)).sort()).toEqual([...expected].sort());
  });

  test("of the name of a service is refused by the plan", () => {
    const changed = replacements(serviceBefore(), service({ serviceName: "other" }));
    expect(changed.filter((line) => !line.startsWith("replaces"))).toEqual([
      `refused ${groups("blue")}`,
      "refused aws_lb.it_Traffic",
      "refused aws_ecs_service.it_blue",
    ]);
  });

  const backup = (props: Partial<aws.BackupTimerProps>) =>
    stackOf(
      (stack) =>
        new aws.BackupTimer(stack, "it", {
          name: "app",
          schedule: Schedule.cron("0 2 * * *"),
          selectionTags: { backup: "daily" },
          retention: Duration.days(30),
          ...props,
        }),
    );
  const backupBefore = once(backup);
  test.each<[string, Partial<aws.BackupTimerProps>, string[]]>([
    ["schedule", { schedule: Schedule.cron("0 3 * * *") }, []],
    ["resources", { resources: ["arn:aws:s3:::bucket-1"] }, []],
    ["selectionTags", { selectionTags: { backup: "weekly" } }, []],
    ["retention", { retention: Duration.days(35) }, []],
    ["continuous", { continuous: true }, []],
    ["startWindow", { startWindow: Duration.hours(2) }, []],
    ["completionWindow", { completionWindow: Duration.hours(12) }, []],
    ["copies", { copies: [{ vaultArn: "arn:aws:backup:eu-west-1:444455556666:backup-vault:copies" }] }, []],
    ["lock", { lock: { mode: "governance", minimumRetention: Duration.days(7) } }, []],
    ["roleArn", { roleArn: "arn:aws:iam::1:role/backup" }, []],
    ["alarmTopicArns", { alarmTopicArns: ["arn:aws:sns:us-east-1:1:a"] }, []],
    ["tags", { tags: { team: "ef" } }, []],
    ["name", { name: "other" }, ["refused aws_backup_vault.it_Vault"]],
    ["kmsKeyArn", { kmsKeyArn: "arn:aws:kms:us-east-1:1:key/1" }, ["refused aws_backup_vault.it_Vault"]],
  ])("%s of a backup timer keeps the vault, or is refused by the plan", (_option, props, expected) => {
    expect(replacements(backupBefore(), backup(props))).toEqual(expected);
  });

  const secret = (props: Partial<aws.RotatingSecretProps>) =>
    stackOf(
      (stack) =>
        new aws.RotatingSecret(stack, "it", {
          secretName: "app",
          strategy: RotationStrategy.custom("arn:aws:lambda:us-east-1:1:function:a", ["password"]),
          ...props,
        }),
    );
  const secretBefore = once(secret);
  test.each<[string, Partial<aws.RotatingSecretProps>, string[]]>([
    ["schedule", { schedule: Schedule.cron("0 3 * * 0") }, []],
    ["window", { window: Duration.hours(1) }, []],
    ["kmsKeyArn", { kmsKeyArn: "arn:aws:kms:us-east-1:1:key/1" }, []],
    ["replicas", { replicas: [{ region: "eu-west-1" }] }, []],
    ["resourcePolicy", { resourcePolicy: "{}" }, []],
    ["recoveryWindow", { recoveryWindow: Duration.days(7) }, []],
    ["strategy", { strategy: RotationStrategy.custom("arn:aws:lambda:us-east-1:1:function:b", ["password"]) }, []],
    ["tags", { tags: { team: "ef" } }, []],
    ["secretName", { secretName: "other" }, ["refused aws_secretsmanager_secret.it"]],
  ])("%s of a secret keeps the secret, or is refused by the plan", (_option, props, expected) => {
    expect(replacements(secretBefore(), secret(props))).toEqual(expected);
  });
});
