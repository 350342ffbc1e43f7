import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { AlarmTopic, type AlarmTopicProps } from "../../../lib/aws/backup/alarm-topic";
import { onlyResource, synthesize } from "../../support/synth";

const stackOf = (props: Partial<AlarmTopicProps> = {}) =>
  synthesize((stack) => {
    new AwsProvider(stack, "aws");
    new AlarmTopic(stack, "alarms", { topicName: "alarms", ...props });
  });
const statementsOf = (policy: unknown) => (JSON.parse(policy as string) as { Statement: object[] }).Statement;

describe("an alarm topic", () => {
  const publishers = { Service: ["events.amazonaws.com", "cloudwatch.amazonaws.com"] };

  // https://github.com/terraform-aws-modules/terraform-aws-eventbridge/issues/90
  test("lets EventBridge and CloudWatch publish, also under the key that encrypts it", () => {
    // WHEN
    const stack = stackOf();
    // THEN
    expect(statementsOf(onlyResource(stack, "aws_sns_topic_policy").policy)).toEqual([
      {
        Effect: "Allow",
        Principal: publishers,
        Action: "sns:Publish",
        Resource: expect.stringMatching(/^\$\{aws_sns_topic\..*\.arn\}$/),
      },
    ]);
    const [owner, shared] = statementsOf(onlyResource(stack, "aws_kms_key").policy);
    expect(owner).toMatchObject({
      Principal: { AWS: expect.stringMatching(/^arn:\$\{data\.aws_partition\..*\}:iam::\$\{data\..*\}:root$/) },
      Action: "kms:*",
    });
    expect(shared).toMatchObject({ Principal: publishers, Action: ["kms:Decrypt", "kms:GenerateDataKey*"] });
    expect(onlyResource(stack, "aws_sns_topic").kms_master_key_id).toMatch(/^\$\{aws_kms_key\./);
  });

  test("lets everything that it makes be changed", () => {
    const stack = stackOf({
      transform: { key: { multiRegion: true }, topic: { displayName: "Alarms" }, policy: { policy: "{}" } },
    });
    expect(onlyResource(stack, "aws_kms_key")).toMatchObject({ multi_region: true });
    expect(onlyResource(stack, "aws_sns_topic")).toMatchObject({ display_name: "Alarms" });
    expect(onlyResource(stack, "aws_sns_topic_policy")).toMatchObject({ policy: "{}" });
  });
});
