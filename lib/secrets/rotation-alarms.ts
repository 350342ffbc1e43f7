import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { applyTransform } from "../core/transform";
import type { RotatingSecretTransform } from "./rotating-secret-props";

const PERIOD_SECONDS = 300;

/** What the alarms of a rotation are made from. */
export interface RotationAlarmsProps {
  readonly secretName: string;
  readonly secretArn: string;
  readonly rotator: LambdaFunction;
  /** @default - nobody is told */
  readonly topicArns?: readonly string[];
  /** @default - nothing is changed */
  readonly transform?: RotatingSecretTransform;
}

/**
 * An alarm on the errors of a rotation function, which is asked once a day whether its secret is overdue, and answers
 * that with an error: CloudWatch has no metric for the age of a secret.
 */
export class RotationAlarms extends Construct {
  constructor(scope: Construct, id: string, props: RotationAlarmsProps) {
    super(scope, id);
    const { secretName, secretArn, rotator, topicArns = [], transform } = props;
    const rule = {
      name: rotator.functionName,
      description: `Asks every day whether the rotation of ${secretName} is overdue`,
      scheduleExpression: "rate(1 day)",
    };
    const daily = new CloudwatchEventRule(this, "Daily", applyTransform(rule, transform?.overdueRule));
    const permission = new LambdaPermission(this, "Permission", {
      functionName: rotator.functionName,
      action: "lambda:InvokeFunction",
      principal: "events.amazonaws.com",
      sourceArn: daily.arn,
    });
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
