import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import type { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { SecretsmanagerSecretPolicy } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy";
import { SecretsmanagerSecretRotation } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version";
import { DataResource, type IResolvable, type ITerraformDependable, Op, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import { isAcknowledged } from "../../core/acknowledge";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { collect, ValidationError } from "../../core/errors";
import { adoptResource, keepMovedResources, applyTransform } from "../../core/refactoring";
import { AwsSecretReference } from "../../core/references";
import { requireTerraformVersion } from "../../environments/require-terraform";
import { NOT_ROTATED_YET, writtenKeys } from "../../rotator/credentials";
import type { RotatingSecretProps, RotatingSecretTransform } from "./rotating-secret-props";
import { validateRotatingSecret, rotationRules } from "./rotating-secret-validation";
import { RotatorFunction } from "./rotator-function";

/**
 * Keeps the version that Terraform created. AWS deletes versions without a label, and Terraform would then recreate
 * this one and replace the value in use
 * (https://github.com/terraform-aws-modules/terraform-aws-secrets-manager/issues/24).
 */
const FIRST_VERSION_LABEL = "sterna-first";
/** @see https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only */
const WRITE_ONLY_TERRAFORM = "1.11.0";

/**
 * A secret in AWS Secrets Manager whose value rotates on a schedule. No apply reverts the value.
 *
 * Terraform creates everything except the value, which the rotation function of this package sets.
 */
export class RotatingSecret extends Construct {
  readonly resource: SecretsmanagerSecret;

  /** Sterna's rotation function. Undefined for a custom one. */
  readonly rotator?: RotatorFunction;

  private readonly keys: readonly string[];
  private readonly kmsKeyArn: string;
  private readonly rotation: SecretsmanagerSecretRotation;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/secrets.md` */
  constructor(scope: Construct, id: string, props: RotatingSecretProps) {
    super(scope, id);
    checkProps(this, "aws/RotatingSecretProps", props);
    collect(this, () => validateRotatingSecret(props, this));
    const { settings, adminSecret: adminSecretArn, adminKmsKeyArn } = props.strategy;
    const kmsKeyArn = (this.kmsKeyArn = props.kmsKeyArn ?? this.addKey(props).arn);
    this.resource = this.addSecret(props, kmsKeyArn);
    if (props.resourcePolicy !== undefined) {
      const config = { secretArn: this.resource.arn, policy: props.resourcePolicy, blockPublicPolicy: true };
      const transformed = applyTransform(config, props.transform?.resourcePolicy);
      new SecretsmanagerSecretPolicy(this, "ResourcePolicy", transformed);
    }
    const before: ITerraformDependable[] = props.adopt === undefined ? [this.addFirstVersion(props)] : [];
    if (settings.strategy === "custom") {
      this.keys = settings.keys;
      this.rotation = this.addRotation(props, settings.functionArn, before);
    } else {
      this.keys = writtenKeys(settings);
      const { secretName, network, alarmTopicArns: topicArns, transform } = props;
      const secretArn = this.resource.arn;
      this.rotator = new RotatorFunction(this, "Rotator", {
        secretName,
        secretArn,
        kmsKeyArn,
        adminSecretArn,
        adminKmsKeyArn,
        settings,
        network,
        transform,
      });
      const { function: rotator, ready } = this.rotator;
      new RotationAlarms(this, "Alarms", { secretName, secretArn, rotator, topicArns, transform });
      this.rotation = this.addRotation(props, rotator.arn, [...before, ...ready]);
    }
    if (props.adopt !== undefined) adoptResource(this.resource, props.adopt.id);
    keepMovedResources(this, props.previously ?? []);
  }

  /** ARN of the secret. Resources that refer to it are created after the first rotation was requested. */
  get secretArn(): string {
    return this.rotation.secretId;
  }

  /**
   * Refers to one value in the secret's JSON object, for a step, a service or a ledger.
   *
   * @param key one of the keys that the strategy writes: for PostgreSQL `url`, `host`, `port`, `dbname`, `username`,
   * `password`
   * @throws ValidationError `UnknownSecretKey`
   */
  reference(key: string): AwsSecretReference {
    if (this.keys.includes(key)) return new AwsSecretReference(this.secretArn, { key, kmsKeyArn: this.kmsKeyArn });
    throw new ValidationError(
      "UnknownSecretKey",
      `the rotation never writes "${key}", so a reader would find no value. It writes ${this.keys.join(", ")}`,
      this,
    );
  }

  private addKey({ secretName, acknowledge, transform }: RotatingSecretProps): KmsKey {
    const config = {
      description: `Encrypts the secret ${secretName}`,
      enableKeyRotation: true,
      lifecycle: { preventDestroy: !isAcknowledged(acknowledge, "DestroyWithoutReason") },
    };
    return new KmsKey(this, "Key", applyTransform(config, transform?.key));
  }

  private addSecret(props: RotatingSecretProps, kmsKeyId: string): SecretsmanagerSecret {
    const config = {
      name: props.secretName,
      kmsKeyId,
      recoveryWindowInDays: (props.recoveryWindow ?? Duration.days(30)).toDays(),
      replica: props.replicas?.map((replica) => ({ region: replica.region, kmsKeyId: replica.kmsKeyArn })),
      tags: props.tags,
      lifecycle: { preventDestroy: !isAcknowledged(props.acknowledge, "DestroyWithoutReason") },
    };
    return new SecretsmanagerSecret(this, "Resource", applyTransform(config, props.transform?.secret));
  }

  /** A secret without a version cannot be rotated. The first version holds no secret, or a write-only value. */
  private addFirstVersion({ initialValue }: RotatingSecretProps): SecretsmanagerSecretVersion {
    if (initialValue !== undefined) {
      requireTerraformVersion(
        this,
        WRITE_ONLY_TERRAFORM,
        "`initialValue` is written and never kept (secret_string_wo); without it the first rotation makes the value",
      );
    }
    return new SecretsmanagerSecretVersion(this, "FirstVersion", {
      secretId: this.resource.id,
      ...(initialValue === undefined
        ? { secretString: NOT_ROTATED_YET }
        : { secretStringWo: initialValue, secretStringWoVersion: 1 }),
      versionStages: ["AWSCURRENT", FIRST_VERSION_LABEL],
      lifecycle: { ignoreChanges: ["secret_string", "secret_string_wo", "secret_string_wo_version", "version_stages"] },
    });
  }

  /**
   * Whether the rotation is new or its inputs have not changed since: Secrets Manager then rotates at once. Every
   * change replaces `Rules`, and with it a random id, which `First` keeps from the first apply.
   */
  private isFirstApply(rules: Readonly<Record<string, unknown>>): IResolvable {
    const current = new DataResource(this, "Rules", { triggersReplace: rules });
    const first = new DataResource(this, "First", {
      input: { rules: current.id },
      lifecycle: { ignoreChanges: ["input"] },
    });
    return Token.asAny(Op.eq(first.getStringAttribute("output.rules"), current.id)) as IResolvable;
  }

  private addRotation(
    props: RotatingSecretProps,
    rotationLambdaArn: string,
    dependsOn: ITerraformDependable[],
  ): SecretsmanagerSecretRotation {
    const rules = rotationRules(props, this);
    const config = {
      secretId: this.resource.id,
      rotationLambdaArn,
      rotateImmediately: props.rotateOnChange ? true : this.isFirstApply({ ...rules, rotationLambdaArn }),
      rotationRules: rules,
      dependsOn,
    };
    return new SecretsmanagerSecretRotation(this, "Rotation", applyTransform(config, props.transform?.rotation));
  }
}

const PERIOD_SECONDS = 300;

/** Options of `RotationAlarms`. */
export interface RotationAlarmsProps {
  readonly secretName: string;
  readonly secretArn: string;
  readonly rotator: LambdaFunction;
  /** @default - no notification */
  readonly topicArns?: readonly string[];
  /** @default - nothing is changed */
  readonly transform?: RotatingSecretTransform;
}

/**
 * An alarm on errors of the rotation function. Once a day, a rule calls the function, which fails if its secret is
 * overdue: CloudWatch has no metric for the age of a secret.
 */
class RotationAlarms extends Construct {
  constructor(scope: Construct, id: string, props: RotationAlarmsProps) {
    super(scope, id);
    const { secretName, secretArn, rotator, topicArns = [], transform } = props;
    const rule = {
      name: rotator.functionName,
      description: `Asks every day whether the rotation of ${secretName} is overdue`,
      scheduleExpression: "rate(1 day)",
    };
    const daily = new CloudwatchEventRule(this, "Daily", applyTransform(rule, transform?.overdueRule));
    const allowed = {
      functionName: rotator.functionName,
      action: "lambda:InvokeFunction",
      principal: "events.amazonaws.com",
      sourceArn: daily.arn,
    };
    const permission = new LambdaPermission(this, "Permission", applyTransform(allowed, transform?.overduePermission));
    new CloudwatchEventTarget(this, "Target", {
      rule: daily.name,
      arn: rotator.arn,
      input: JSON.stringify({ check: "overdue", SecretId: secretArn }),
      dependsOn: [permission],
    });
    const alarm = {
      alarmName: `${rotator.functionName}-failed-or-overdue`,
      alarmDescription:
        `The rotation of ${secretName} failed, or is overdue; the log of the function says why. ` +
        `By hand, in the folder of the project: sterna secrets rotate ${secretName} --stack ${TerraformStack.of(this).node.id}`,
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName: rotator.functionName },
      statistic: "Sum",
      period: PERIOD_SECONDS,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 1,
      treatMissingData: "notBreaching",
      alarmActions: [...topicArns],
      okActions: [...topicArns],
    };
    new CloudwatchMetricAlarm(this, "Alarm", applyTransform(alarm, transform?.alarm));
  }
}
