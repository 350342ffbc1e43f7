import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import type { AwsSecretReference } from "../../core/references";
import { isUnresolved } from "../../core/tokens";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

interface ServiceRolesProps {
  readonly serviceName: string;

  /** ARN of the log group that tasks write to. */
  readonly logGroupArn: string;

  /** What the containers are given. */
  readonly secrets: readonly ContainerSecret[];

  /**
   * Role that the application runs as.
   * @default - a role without permissions
   */
  readonly taskRoleArn?: string | undefined;
}

/** The role that ECS starts tasks with, and the one that they run as. */
export class ServiceRoles extends Construct {
  /** ARN of the role that ECS pulls the image, reads secrets and writes logs with. */
  readonly executionRoleArn: string;

  /** ARN of the role that the application runs as. */
  readonly taskRoleArn: string;

  constructor(scope: Construct, id: string, props: ServiceRolesProps) {
    super(scope, id);
    const execution = new IamRole(this, "Execution", {
      name: `${props.serviceName}-execution`,
      assumeRolePolicy: TRUST,
    });
    new IamRolePolicy(this, "ExecutionPolicy", {
      name: "start-tasks",
      role: execution.name,
      policy: executionPolicy(props),
    });
    this.executionRoleArn = execution.arn;
    this.taskRoleArn =
      props.taskRoleArn ??
      new IamRole(this, "Task", { name: `${props.serviceName}-task`, assumeRolePolicy: TRUST }).arn;
  }
}

/**
 * What starting a task needs, and no more. Repositories are not known here: images may come from any registry, and those
 * of Amazon ECR carry their own policy; only the token to ask for them cannot be narrowed down.
 * Source: Amazon ECS Developer Guide, "Amazon ECS task execution IAM role", "Pass Systems Manager parameters"; Service Authorization Reference, Amazon ECR.
 */
function executionPolicy({ logGroupArn, secrets }: ServiceRolesProps): string {
  const statements = [
    { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: `${logGroupArn}:*` },
    { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: "arn:aws:ecr:*:*:repository/*",
    },
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
        // Not for data of other services under the same key.
        { StringLike: { "kms:ViaService": "secretsmanager.*" } },
      ),
    ],
  });
}

/** Parameter Store is the other place that ECS takes secrets from. */
function isParameter(arn: string): boolean {
  return /^arn:[^:]+:ssm:/.test(arn);
}

/** A secret as Amazon ECS is told of it. */
interface ContainerSecret {
  /** `arn:…:key:stage:`. */
  readonly valueFrom: string;

  /** ARN of the secret that is read, as a policy takes it. */
  readonly secretArn: string;

  /** ARN of the key that encrypts it, if it has one of its own. */
  readonly kmsKeyArn?: string | undefined;
}

/** @throws SternaError `SecretReferenceInvalid` for a secret that is not named by its ARN */
export function containerSecret(secret: AwsSecretReference | string): ContainerSecret {
  if (typeof secret === "string") return { valueFrom: secret, secretArn: withSuffix(withoutKey(secret)) };
  const { ecsValueFrom: valueFrom, kmsKeyArn } = secret;
  return { valueFrom, secretArn: withSuffix(secret.secret.id as string), kmsKeyArn };
}

/**
 * `arn:aws:secretsmanager:region:account:secret:name:key:stage:version` names one value of the secret before it, also
 * where Terraform alone knows that ARN: `${…}:key::`.
 */
function withoutKey(reference: string): string {
  return reference.startsWith("arn:")
    ? reference.split(":").slice(0, 7).join(":")
    : reference.replace(/(?<=\})(:[^:{}]*){1,3}$/, "");
}

/**
 * Secrets Manager finds a secret by an ARN without the six characters at its end as well, and IAM does not.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html (-??????)
 */
function withSuffix(arn: string): string {
  return /^arn:[^:]+:secretsmanager:/.test(arn) && !isUnresolved(arn) && !/-\w{6}$/.test(arn) ? `${arn}-??????` : arn;
}
