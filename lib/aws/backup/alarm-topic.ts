import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { KmsKey, type KmsKeyConfig } from "@cdktf/provider-aws/lib/kms-key";
import { SnsTopic, type SnsTopicConfig } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicPolicy, type SnsTopicPolicyConfig } from "@cdktf/provider-aws/lib/sns-topic-policy";
import { Construct } from "constructs";
import { checkProps } from "../../core/check-props";
import { applyTransform, type Transform } from "../../core/refactoring";

/** Options of `AlarmTopic`. */
export interface AlarmTopicProps {
  /**
   * Name of the topic: 1 to 256 letters, digits, hyphens and underscores. A change replaces the topic, whose
   * subscriptions are lost.
   */
  readonly topicName: string;

  /**
   * Tags of the topic and its key.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes the configuration of the resources inside. The result is not validated.
   * @default - nothing is changed
   */
  readonly transform?: AlarmTopicTransform;
}

/** One hook for each resource of `AlarmTopic`. */
export interface AlarmTopicTransform {
  /** @default - unchanged */
  readonly key?: Transform<KmsKeyConfig>;
  /** @default - unchanged */
  readonly topic?: Transform<SnsTopicConfig>;
  /** @default - unchanged */
  readonly policy?: Transform<SnsTopicPolicyConfig>;
}

/** EventBridge rules and CloudWatch alarms. */
const PUBLISHERS = ["events.amazonaws.com", "cloudwatch.amazonaws.com"];

/**
 * An encrypted SNS topic that EventBridge rules and CloudWatch alarms may publish to, for `alarmTopicArns`. Neither can
 * publish to a topic encrypted with `alias/aws/sns`, and EventBridge also needs a topic policy.
 *
 * Emits `aws_sns_topic`, `aws_sns_topic_policy` and `aws_kms_key`.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
 */
export class AlarmTopic extends Construct {
  /** The topic, to add subscriptions to. */
  readonly resource: SnsTopic;

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    checkProps(this, "aws/AlarmTopicProps", props);
    const { topicName, tags, transform } = props;
    const { partition } = new DataAwsPartition(this, "Partition");
    const { accountId } = new DataAwsCallerIdentity(this, "Account");
    const owner = { AWS: `arn:${partition}:iam::${accountId}:root` };
    const publishers = { Service: PUBLISHERS };
    const key = {
      description: `Encrypts the topic ${topicName}`,
      enableKeyRotation: true,
      tags,
      policy: document([
        { Effect: "Allow", Principal: owner, Action: "kms:*", Resource: "*" },
        { Effect: "Allow", Principal: publishers, Action: ["kms:Decrypt", "kms:GenerateDataKey*"], Resource: "*" },
      ]),
    };
    const { arn } = new KmsKey(this, "Key", applyTransform(key, transform?.key));
    const topic = { name: topicName, kmsMasterKeyId: arn, tags };
    this.resource = new SnsTopic(this, "Resource", applyTransform(topic, transform?.topic));
    const policy = document([
      { Effect: "Allow", Principal: publishers, Action: "sns:Publish", Resource: this.resource.arn },
    ]);
    new SnsTopicPolicy(this, "Policy", applyTransform({ arn: this.resource.arn, policy }, transform?.policy));
  }

  /** ARN of the topic, for `alarmTopicArns`. */
  get topicArn(): string {
    return this.resource.arn;
  }
}

function document(Statement: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
