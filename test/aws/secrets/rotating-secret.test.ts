import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, it, test } from "@jest/globals";
import { TerraformStack, TerraformVariable, Testing } from "cdktf";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import { RotatingSecret } from "../../../lib/aws/secrets/rotating-secret";
import type { RotatingSecretProps, RotatingSecretTransform } from "../../../lib/aws/secrets/rotating-secret-props";
import { RotationStrategy } from "../../../lib/secrets/rotation-strategy";
import { ROTATOR_RUNTIME } from "../../../lib/secrets/rotator-package";
import { parseRotationSettings, SETTINGS_VARIABLE } from "../../../lib/rotator/settings";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";

const adminSecret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:admin-AbCdEf";
const database = { host: "db.example.org", database: "r3mes", username: "r3mes", adminSecret };
const strategy = RotationStrategy.postgresAlternatingUsers(database);

function declare(stack: TerraformStack, props: Partial<RotatingSecretProps> = {}): RotatingSecret {
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  return new RotatingSecret(stack, "database", { secretName: "r3mes/production/database", strategy, ...props });
}

const synthesized = (props?: Partial<RotatingSecretProps>): SynthesizedStack =>
  synthesize((stack) => void declare(stack, props));

interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: string;
}

function statements(stack: SynthesizedStack): Statement[] {
  const { policy } = onlyResource(stack, "aws_iam_role_policy");
  return (JSON.parse(policy as string) as { Statement: Statement[] }).Statement;
}

describe("a rotating secret", () => {
  it("has no value of Terraform's: the first version says so, is kept by a label, and is never changed", () => {
    const version = onlyResource(synthesized(), "aws_secretsmanager_secret_version");
    expect(version).toMatchObject({
      secret_string: expect.stringContaining("the first rotation makes it") as unknown,
      version_stages: ["AWSCURRENT", "sterna-first"],
      lifecycle: { ignore_changes: expect.arrayContaining(["secret_string", "version_stages"]) as unknown },
    });
  });

  it("rotates every 30 days in a window of 3 hours, by its own function, encrypted with its own key", () => {
    const stack = synthesized();
    expect(onlyResource(stack, "aws_secretsmanager_secret_rotation")).toMatchObject({
      rotation_rules: { schedule_expression: "rate(30 days)", duration: "3h" },
    });
    expect(onlyResource(stack, "aws_kms_key")).toMatchObject({ enable_key_rotation: true });
    expect(onlyResource(stack, "aws_secretsmanager_secret")).toMatchObject({
      kms_key_id: expect.stringMatching(/^\$\{aws_kms_key\./) as unknown,
      recovery_window_in_days: 30,
      lifecycle: { prevent_destroy: true },
    });
  });

  // https://github.com/aws/aws-cdk/issues/25365
  it("rotates at once when it is created, and waits for the next window when its schedule changes", () => {
    // GIVEN
    const stack = synthesized();
    const ids = Object.keys(stack.resource.terraform_data!);
    const [first, rules] = ["First", "Rules"].map((name) => ids.find((id) => id.includes(name))!);

    // THEN Terraform compares the id of the rules with the one of the first apply
    expect(onlyResource(stack, "aws_secretsmanager_secret_rotation").rotate_immediately).toBe(
      `\${(terraform_data.${first}.output.rules == terraform_data.${rules}.id)}`,
    );
    expect(stack.resource.terraform_data![first!]).toMatchObject({
      input: { rules: `\${terraform_data.${rules}.id}` },
      lifecycle: { ignore_changes: ["input"] },
    });
    // Every change of what makes a rotation gives the rules another id.
    const triggers = (props: Partial<RotatingSecretProps>) =>
      synthesized(props).resource.terraform_data![rules!]!.triggers_replace;
    for (const props of [{ window: Duration.hours(2) }, { schedule: Schedule.cron("0 3 * * 0") }]) {
      expect(triggers(props)).not.toEqual(triggers({}));
    }
    expect(triggers({ tags: { team: "ef" } })).toEqual(triggers({}));
  });

  it("rotates with every change when asked to", () => {
    const stack = synthesized({ rotateOnChange: true });
    expect(onlyResource(stack, "aws_secretsmanager_secret_rotation").rotate_immediately).toBe(true);
    expect(stack.resource).not.toHaveProperty("terraform_data");
  });

  // https://github.com/aws/aws-cdk/issues/18555
  test.each(["prod/app-secret", "xyz-google", "rds-master", "app-config", "orders-backup", "db-mysql1"])(
    "takes the name %s, which AWS takes, with a warning",
    (secretName) => {
      const warnings = (props: Partial<RotatingSecretProps>) => {
        const stack = new TerraformStack(Testing.app(), "test");
        return declare(stack, { secretName, ...props }).node.metadata.map(({ data }) => String(data));
      };
      expect(warnings({})).toEqual([expect.stringContaining(`secretName "${secretName}" ends with a hyphen and six`)]);
      expect(warnings({ adopt: { id: `arn:aws:secretsmanager:eu-central-1:1:secret:${secretName}-AbCdEf` } })).toEqual(
        [],
      );
    },
  );

  it("lets only Lambda functions of its account assume the role of its function", () => {
    const { assume_role_policy } = onlyResource(synthesized(), "aws_iam_role");
    expect(JSON.parse(assume_role_policy as string).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": expect.stringMatching(/^\$\{data\.aws_caller_identity\./) as unknown },
        },
      },
    ]);
  });

  it("gives its function settings that the rotator reads, and no secret", () => {
    const { environment, runtime } = onlyResource(synthesized(), "aws_lambda_function") as {
      environment: { variables: Record<string, string> };
      runtime: string;
    };
    expect(parseRotationSettings(environment.variables[SETTINGS_VARIABLE]!, "settings")).toEqual({
      strategy: "postgresAlternatingUsers",
      host: "db.example.org",
      port: 5432,
      database: "r3mes",
      username: "r3mes",
      ownerRole: "r3mes_owner",
      adminSecret,
      tls: {},
    });
    expect(runtime).toBe(ROTATOR_RUNTIME.name);
  });

  it("lets its function do four things to its secret, one to the administrator's, and nothing to all", () => {
    const allowed = statements(synthesized());
    expect(allowed.map(({ Resource }) => Resource)).toEqual([
      expect.stringMatching(/^\$\{aws_secretsmanager_secret\..*\.arn\}$/),
      adminSecret,
      expect.stringMatching(/^\$\{aws_kms_key\..*\.arn\}$/),
      expect.stringMatching(/^\$\{aws_cloudwatch_log_group\..*\.arn\}:\*$/),
    ]);
    expect(allowed[1]!.Action).toEqual(["secretsmanager:GetSecretValue"]);
    for (const { Action } of allowed) expect(String(Action)).not.toContain("*");
  });

  it("runs its function in a network, with the interfaces that AWS Lambda needs", () => {
    const stack = synthesized({ network: { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] } });
    expect(onlyResource(stack, "aws_lambda_function")).toMatchObject({
      vpc_config: { subnet_ids: ["subnet-1"], security_group_ids: ["sg-1"] },
    });
    const [allowed, denied] = statements(stack).slice(-2);
    expect(allowed).toMatchObject({ Effect: "Allow", Resource: "*" });
    expect(allowed!.Action).toContain("ec2:CreateNetworkInterface");
    expect(denied).toEqual({
      ...allowed,
      Effect: "Deny",
      Condition: { Null: { "lambda:SourceFunctionArn": "false" } },
    });
  });

  it("decrypts with the key of its secret, and with that of the administrator's, and for Secrets Manager only", () => {
    const adminKmsKeyArn = "arn:aws:kms:eu-central-1:111122223333:key/admin";
    const stack = synthesized({ strategy: RotationStrategy.redisAcl({ ...database, adminKmsKeyArn }) });
    const keys = statements(stack).filter(({ Action }) => String(Action).includes("kms:"));
    const Condition = { StringLike: { "kms:ViaService": "secretsmanager.*" } };
    expect(keys).toEqual([
      {
        Effect: "Allow",
        Action: ["kms:Decrypt", "kms:GenerateDataKey"],
        Resource: expect.stringMatching(/^\$\{aws_kms_key\./) as unknown,
        Condition,
      },
      { Effect: "Allow", Action: ["kms:Decrypt"], Resource: adminKmsKeyArn, Condition },
    ]);
  });

  test.each([
    ["knows Amazon's authorities, which sign for RDS", {}, "/var/runtime/ca-cert.pem"],
    ["knows the authority that it is given", { certificateAuthority: "-----BEGIN CERTIFICATE-----" }, undefined],
    [
      "needs no authority without TLS",
      { acknowledge: { PlaintextWithoutReason: "it is on the same machine" } },
      undefined,
    ],
  ])("its function %s", (_what, tls, file) => {
    const stack = synthesized({ strategy: RotationStrategy.postgresAlternatingUsers({ ...database, ...tls }) });
    const { environment } = onlyResource(stack, "aws_lambda_function") as {
      environment: { variables: Record<string, string> };
    };
    expect(environment.variables.NODE_EXTRA_CA_CERTS).toBe(file);
  });

  test.each([
    ["in the night", Schedule.cron("0 3 * * 0"), undefined, "3h"],
    ["late in the evening", Schedule.cron("0 22 * * *"), undefined, "2h"],
    ["every 4 hours", Schedule.aws("rate(4 hours)"), Duration.hours(4), "4h"],
    ["every month", Schedule.aws("rate(30 days)"), Duration.hours(24), "24h"],
  ])("begins %s in a window that Secrets Manager takes", (_when, schedule, window, duration) => {
    const rules = onlyResource(synthesized({ schedule, window }), "aws_secretsmanager_secret_rotation").rotation_rules;
    expect(rules).toMatchObject({ duration });
  });

  it("lets what it passes to each resource be changed, but for the first version", () => {
    // GIVEN
    const tagged = { tags: { team: "birds" } };
    const transform: RotatingSecretTransform = {
      ...{
        key: tagged,
        secret: tagged,
        function: tagged,
        role: tagged,
        log: tagged,
        alarm: tagged,
        overdueRule: tagged,
      },
      resourcePolicy: { blockPublicPolicy: false },
      rotation: (config) => ({ ...config, rotateImmediately: false }),
      functionPermission: { statementId: "changed" },
      overduePermission: { statementId: "changed as well" },
      rolePolicy: { name: "changed" },
    };

    // WHEN
    const stack = synthesized({ resourcePolicy: "{}", transform });

    // THEN
    const types = ["kms_key", "secretsmanager_secret", "lambda_function", "iam_role", "cloudwatch_log_group"];
    for (const type of [...types, "cloudwatch_metric_alarm", "cloudwatch_event_rule"]) {
      expect([type, onlyResource(stack, `aws_${type}`).tags]).toEqual([type, { team: "birds" }]);
    }
    expect(onlyResource(stack, "aws_secretsmanager_secret_policy").block_public_policy).toBe(false);
    expect(onlyResource(stack, "aws_secretsmanager_secret_rotation").rotate_immediately).toBe(false);
    const permissions = Object.values(stack.resource.aws_lambda_permission!).map(({ statement_id }) => statement_id);
    expect(permissions.sort()).toEqual(["changed", "changed as well"]);
    expect(onlyResource(stack, "aws_iam_role_policy").name).toBe("changed");
  });

  it("tells of failed and overdue rotations, and is asked every day", () => {
    const stack = synthesized({ alarmTopicArns: ["arn:aws:sns:eu-central-1:111122223333:alarms"] });
    expect(onlyResource(stack, "aws_cloudwatch_metric_alarm")).toMatchObject({
      metric_name: "Errors",
      alarm_actions: ["arn:aws:sns:eu-central-1:111122223333:alarms"],
    });
    expect(onlyResource(stack, "aws_cloudwatch_event_target").input).toContain('"check":"overdue"');
  });

  it("has replicas, a policy that is never public, and former places", () => {
    const stack = synthesized({
      replicas: [{ region: "eu-west-1" }],
      resourcePolicy: "{}",
      previously: ["old/database"],
    }) as SynthesizedStack & { moved: Array<{ from: string; to: string }> };
    expect(onlyResource(stack, "aws_secretsmanager_secret")).toMatchObject({ replica: [{ region: "eu-west-1" }] });
    expect(onlyResource(stack, "aws_secretsmanager_secret_policy")).toMatchObject({ block_public_policy: true });
    expect(stack.moved.map(({ to }) => to)).toContainEqual(expect.stringMatching(/^aws_secretsmanager_secret\./));
  });

  it("takes over a secret that exists without touching its value", () => {
    const arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:r3mes-AbCdEf";
    const stack = synthesized({ adopt: { id: arn } }) as SynthesizedStack & { import: unknown };
    expect(stack.import).toEqual([{ id: arn, to: expect.stringMatching(/^aws_secretsmanager_secret\./) as unknown }]);
    expect(stack.resource.aws_secretsmanager_secret_version).toBeUndefined();
  });

  it("writes a first value that comes from elsewhere once, and needs Terraform 1.11 for that", () => {
    const stack = synthesize((scope) => {
      const variable = new TerraformVariable(scope, "first", { sensitive: true });
      declare(scope, { initialValue: variable.stringValue });
    });
    expect(onlyResource(stack, "aws_secretsmanager_secret_version")).toMatchObject({
      secret_string_wo: "${var.first}",
      secret_string_wo_version: 1,
    });
    expect(onlyResource(stack, "aws_secretsmanager_secret_version")).not.toHaveProperty("secret_string");
    expect(stack.terraform).toMatchObject({ required_version: ">= 1.11" });
  });

  it("is read by the keys that its rotation writes, and by no other", () => {
    const secret = declare(new TerraformStack(Testing.app(), "test"));
    expect(secret.reference("url").ecsValueFrom).toMatch(/:url::$/);
    expect(() => secret.reference("database_url")).toThrow(/never writes "database_url".*username, password, url/);
  });

  it("can be rotated by a function of somebody else's", () => {
    const functionArn = "arn:aws:lambda:eu-central-1:111122223333:function:mine";
    const stack = synthesized({ strategy: RotationStrategy.custom(functionArn, ["token"]) });
    expect(stack.resource.aws_lambda_function).toBeUndefined();
    expect(onlyResource(stack, "aws_secretsmanager_secret_rotation").rotation_lambda_arn).toBe(functionArn);
  });

  it("runs on a Node.js that AWS supports for one more month: else take the next one, see ROTATOR_RUNTIME", () => {
    const oneMonth = 30 * 86_400_000;
    expect(Date.parse(ROTATOR_RUNTIME.deprecated)).toBeGreaterThan(Date.now() + oneMonth);
  });
});
