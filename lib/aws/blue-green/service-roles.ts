import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { conditional, Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { applyTransform } from "../../core/refactoring";
import type { AwsSecretReference } from "../../core/references";
import { isUnresolved } from "../../core/tokens";
import type { BlueGreenServiceTransform } from "./blue-green-service-props";

interface ServiceRolesProps {
  readonly serviceName: string;
  readonly region: string;

  /** ARN of the log group that tasks write to. */
  readonly logGroupArn: string;

  /** Secrets of the containers. */
  readonly secrets: readonly ContainerSecret[];

  /** Images of the colors. */
  readonly images: readonly string[];

  /** KMS keys of the secrets given as text. */
  readonly secretKmsKeyArns: readonly string[];

  /**
   * Role that the application runs as.
   * @default - a role without permissions
   */
  readonly taskRoleArn?: string | undefined;

  /** @default - nothing is changed */
  readonly transform?: BlueGreenServiceTransform | undefined;
}

/** The role that ECS starts tasks with, and the role of the application. */
export class ServiceRoles extends Construct {
  /** ARN of the role with which ECS pulls the image, reads secrets and writes logs. */
  readonly executionRoleArn: string;

  /** ARN of the role that the application runs as. */
  readonly taskRoleArn: string;

  /** The policy that a task needs to start. */
  readonly executionPolicy: IamRolePolicy;

  constructor(scope: Construct, id: string, props: ServiceRolesProps) {
    super(scope, id);
    const { serviceName, transform } = props;
    const { partition } = new DataAwsPartition(this, "Partition");
    const role = { name: `${serviceName}-execution`, assumeRolePolicy: trust() };
    const execution = new IamRole(this, "Execution", applyTransform(role, transform?.executionRole));
    const policy = { name: "start-tasks", role: execution.name, policy: executionPolicy(props, partition) };
    const transformed = applyTransform(policy, transform?.executionRolePolicy);
    this.executionPolicy = new IamRolePolicy(this, "ExecutionPolicy", transformed);
    this.executionRoleArn = execution.arn;
    this.taskRoleArn = props.taskRoleArn ?? this.addTaskRole(props, partition);
  }

  /** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#create_task_iam_policy_and_role */
  private addTaskRole({ serviceName, region, transform }: ServiceRolesProps, partition: string): string {
    const { accountId } = new DataAwsCallerIdentity(this, "Account");
    const condition = {
      StringEquals: { "aws:SourceAccount": accountId },
      ArnLike: { "aws:SourceArn": `arn:${partition}:ecs:${region}:${accountId}:*` },
    };
    const role = { name: `${serviceName}-task`, assumeRolePolicy: trust(condition) };
    return new IamRole(this, "Task", applyTransform(role, transform?.taskRole)).arn;
  }
}

/** Lets ECS assume a role. AWS documents a condition for the task role, but not for the execution role. */
function trust(condition?: object): string {
  const Principal = { Service: "ecs-tasks.amazonaws.com" };
  const statement = {
    Effect: "Allow",
    Principal,
    Action: "sts:AssumeRole",
    ...(condition && { Condition: condition }),
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/**
 * The permissions to start a task, and no others. Only the Amazon ECR token cannot be limited to a resource.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
function executionPolicy(props: ServiceRolesProps, partition: string): string {
  const { logGroupArn, secrets, secretKmsKeyArns } = props;
  const repositories = props.images.flatMap((image) => ecrRepository(image, partition) ?? []);
  const pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
  const statements = [
    { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: `${logGroupArn}:*` },
    ...(repositories.length === 0
      ? []
      : [
          { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
          { Effect: "Allow", Action: pull, Resource: [...new Set(repositories)].sort() },
        ]),
  ];
  const allow = (Action: string, resources: readonly string[], condition?: object) =>
    resources.length === 0
      ? []
      : [{ Effect: "Allow", Action, Resource: [...new Set(resources)], ...(condition && { Condition: condition }) }];
  const arns = secrets.map(({ secretArn }) => secretArn);
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      ...statements,
      ...allow("ssm:GetParameters", arns.filter(isParameter)),
      ...allow(
        "secretsmanager:GetSecretValue",
        arns.filter((arn) => !isParameter(arn)),
      ),
      ...allow(
        "kms:Decrypt",
        secrets.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []),
        // Excludes data of other services encrypted with the same key.
        { StringLike: { "kms:ViaService": "secretsmanager.*" } },
      ),
      ...allow("kms:Decrypt", secretKmsKeyArns, { StringLike: { "kms:ViaService": ["secretsmanager.*", "ssm.*"] } }),
    ],
  });
}

const ECR_IMAGE = "([0-9]+)[.]dkr[.-]ecr(?:-fips)?[.]([a-z0-9-]+)[.][a-z0-9.-]+/([^@:]+)";
/** An ARN that matches no repository. */
const NO_REPOSITORY = "repository/none";

/**
 * ARN of the Amazon ECR repository of an image. Undefined for an image in another registry. For a reference, Terraform
 * evaluates it.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
 */
function ecrRepository(image: string, partition: string): string | undefined {
  if (!isUnresolved(image)) {
    const [, account, region, name] = new RegExp(`^${ECR_IMAGE}`).exec(image) ?? [];
    return account && `arn:${partition}:ecr:${region}:${account}:repository/${name}`;
  }
  const arn = Fn.replace(image, `/^${ECR_IMAGE}.*$/`, `arn:${partition}:ecr:$2:$1:repository/$3`);
  const other = `arn:${partition}:ecr:::${NO_REPOSITORY}`;
  return Token.asString(conditional(Fn.can(Fn.regex(`^${ECR_IMAGE}`, image)), arn, other));
}

/** ECS reads secrets from Parameter Store as well. */
function isParameter(arn: string): boolean {
  return /^arn:[^:]+:ssm:/.test(arn);
}

/** A secret in the form that Amazon ECS expects. */
interface ContainerSecret {
  /** `arn:…:key:stage:`. */
  readonly valueFrom: string;

  /** ARN of the secret, in the form that a policy expects. */
  readonly secretArn: string;

  /** ARN of the key that encrypts it, if it is not the default key. */
  readonly kmsKeyArn?: string | undefined;
}

/** @throws SternaError `SecretReferenceInvalid` for a secret that is not named by its ARN */
export function containerSecret(secret: AwsSecretReference | string): ContainerSecret {
  if (typeof secret === "string") return { valueFrom: secret, secretArn: withSuffix(withoutKey(secret)) };
  const { ecsValueFrom: valueFrom, kmsKeyArn } = secret;
  return { valueFrom, secretArn: withSuffix(secret.secret.id as string), kmsKeyArn };
}

/**
 * `arn:aws:secretsmanager:region:account:secret:name:key:stage:version` selects one value of the secret. Also works
 * when only Terraform knows the ARN: `${…}:key::`.
 */
function withoutKey(reference: string): string {
  return reference.startsWith("arn:")
    ? reference.split(":").slice(0, 7).join(":")
    : reference.replace(/(?<=\})(:[^:{}]*){1,3}$/, "");
}

/**
 * Secrets Manager also accepts an ARN without its six-character suffix, but IAM does not.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html (-??????)
 */
function withSuffix(arn: string): string {
  return /^arn:[^:]+:secretsmanager:/.test(arn) && !isUnresolved(arn) && !/-\w{6}$/.test(arn) ? `${arn}-??????` : arn;
}
