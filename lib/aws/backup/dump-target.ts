import type { SchedulerScheduleTarget } from "@cdktf/provider-aws/lib/scheduler-schedule";
import { isUnresolved } from "../../core/tokens";

/** Options of `DumpTarget.ecsTask`. */
export interface EcsTaskOptions {
  /** ARN of the cluster. */
  readonly clusterArn: string;

  /**
   * ARN of the task definition, whose container runs `sterna backup run`: with a revision (`….arn`), or without one
   * (`….arnWithoutRevision`), which always runs the latest.
   */
  readonly taskDefinitionArn: string;

  /** ARNs of the task role and the execution role: the scheduler may pass only these. */
  readonly roleArns: readonly string[];

  /** Subnets that the task runs in. */
  readonly subnetIds: readonly string[];

  /**
   * Security groups of the task.
   * @default - the default group of the VPC
   */
  readonly securityGroupIds?: readonly string[];
}

/** A policy statement. */
interface Statement {
  readonly Effect: "Allow";
  readonly Action: string;
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

/**
 * ECS authorizes `ecs:RunTask` on a revision and reports a revision in its events, even if the latest was requested.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
function revisionsOf(taskDefinitionArn: string): { resource: string | readonly string[]; event: readonly unknown[] } {
  const any = { resource: `${taskDefinitionArn}:*`, event: { prefix: `${taskDefinitionArn}:` } };
  if (isUnresolved(taskDefinitionArn)) {
    // Only Terraform knows whether the ARN has a revision.
    return { resource: [taskDefinitionArn, any.resource], event: [taskDefinitionArn, any.event] };
  }
  if (/:task-definition\/[^:]+:\d+$/.test(taskDefinitionArn))
    return { resource: taskDefinitionArn, event: [taskDefinitionArn] };
  return { resource: any.resource, event: [any.event] };
}

/** The ECS task or Lambda function that runs the dump. */
export class DumpTarget {
  /** An ECS task on Fargate, started once per run. */
  static ecsTask(options: EcsTaskOptions): DumpTarget {
    const { clusterArn, taskDefinitionArn, roleArns, subnetIds, securityGroupIds } = options;
    const revisions = revisionsOf(taskDefinitionArn);
    return new DumpTarget(
      {
        arn: clusterArn,
        ecsParameters: {
          taskDefinitionArn,
          launchType: "FARGATE",
          taskCount: 1,
          networkConfiguration: {
            subnets: [...subnetIds],
            securityGroups: securityGroupIds && [...securityGroupIds],
            assignPublicIp: false,
          },
        },
      },
      [
        { Effect: "Allow", Action: "ecs:RunTask", Resource: revisions.resource },
        {
          Effect: "Allow",
          Action: "iam:PassRole",
          Resource: roleArns,
          Condition: { StringLike: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        },
      ],
      {
        source: ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        detail: {
          clusterArn: [clusterArn],
          taskDefinitionArn: revisions.event,
          lastStatus: ["STOPPED"],
          // A container that never started has no exit code.
          containers: { exitCode: [{ "anything-but": 0 }, { exists: false }] },
        },
      },
    );
  }

  /** A Lambda function, which has 15 minutes. @param functionArn ARN of the function or of an alias */
  static lambda(functionArn: string): DumpTarget {
    return new DumpTarget(
      { arn: functionArn },
      [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: functionArn }],
      undefined,
      functionArn,
    );
  }

  private constructor(
    /** The target without its role. */
    readonly config: Omit<SchedulerScheduleTarget, "roleArn">,
    /**
     * Permissions of the scheduler's role.
     *
     * @internal
     */
    readonly statements: readonly Statement[],
    /** Event pattern of a failed run, if the target reports failures as events. */
    readonly failureEvent?: object,
    /** The function, if the target reports failures as a metric. */
    readonly functionArn?: string,
  ) {}
}
