import type { SchedulerScheduleTarget } from "@cdktf/provider-aws/lib/scheduler-schedule";
import { isUnresolved } from "../../core/tokens";

/** Options of `DumpTarget.ecsTask`. */
export interface EcsTaskOptions {
  /** ARN of the cluster. */
  readonly clusterArn: string;

  /**
   * ARN of the task definition, whose container runs `sterna backup run`: with a revision (`….arn`), or without one, which
   * always runs the newest (`….arnWithoutRevision`).
   */
  readonly taskDefinitionArn: string;

  /** ARNs of the task's role and of its execution role: the scheduler may pass these and no others. */
  readonly roleArns: readonly string[];

  /** Subnets that the task runs in. */
  readonly subnetIds: readonly string[];

  /**
   * Security groups of the task.
   * @default - the default group of the network
   */
  readonly securityGroupIds?: readonly string[];
}

/** A statement of a policy. */
interface Statement {
  readonly Effect: "Allow";
  readonly Action: string;
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

/**
 * ECS authorizes `ecs:RunTask` on a revision and reports a revision in its events, also when it was asked for the newest.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
function revisionsOf(taskDefinitionArn: string): { resource: string | readonly string[]; event: readonly unknown[] } {
  const any = { resource: `${taskDefinitionArn}:*`, event: { prefix: `${taskDefinitionArn}:` } };
  if (isUnresolved(taskDefinitionArn)) {
    // Terraform alone knows whether it has a revision.
    return { resource: [taskDefinitionArn, any.resource], event: [taskDefinitionArn, any.event] };
  }
  if (/:task-definition\/[^:]+:\d+$/.test(taskDefinitionArn))
    return { resource: taskDefinitionArn, event: [taskDefinitionArn] };
  return { resource: any.resource, event: [any.event] };
}

/** What takes a dump when its time has come. */
export class DumpTarget {
  /** A task of ECS on Fargate, started once per run. */
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

  /** A function of Lambda, which has 15 minutes. @param functionArn ARN of the function or of an alias */
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
     * What the scheduler's role may do.
     *
     * @internal
     */
    readonly statements: readonly Statement[],
    /** Event of a run that failed, where failures are events. */
    readonly failureEvent?: object,
    /** The function, where failures are a metric of one. */
    readonly functionArn?: string,
  ) {}
}
