import type { SchedulerScheduleTarget } from "@cdktf/provider-aws/lib/scheduler-schedule";

/** Options of `DumpTarget.ecsTask`. */
export interface EcsTaskOptions {
  /** ARN of the cluster. */
  readonly clusterArn: string;

  /** ARN of the task definition, whose container runs `sterna backup run`. */
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
}

/** What takes a dump when its time has come. */
export class DumpTarget {
  /** A task of ECS on Fargate, started once per run. */
  static ecsTask(options: EcsTaskOptions): DumpTarget {
    const { clusterArn, taskDefinitionArn, roleArns, subnetIds, securityGroupIds } = options;
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
        { Effect: "Allow", Action: "ecs:RunTask", Resource: taskDefinitionArn },
        { Effect: "Allow", Action: "iam:PassRole", Resource: roleArns },
      ],
      {
        source: ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        detail: {
          clusterArn: [clusterArn],
          taskDefinitionArn: [taskDefinitionArn],
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
     * @internal
     */
    readonly statements: readonly Statement[],
    /** Event of a run that failed, where failures are events. */
    readonly failureEvent?: object,
    /** The function, where failures are a metric of one. */
    readonly functionArn?: string,
  ) {}
}
