import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { firingAlarms } from "../../lib/toolkit/rollout";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { requires } from "../support/requirements";

requires("moto_server")("alarms that speak against a color", () => {
  let aws: AwsStandIn;
  let cloudWatch: CloudWatchClient;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = aws.environment;
    cloudWatch = new CloudWatchClient({
      endpoint: aws.endpoint,
      region: AWS_REGION!,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! },
    });
    for (const AlarmName of ["green-errors", "green-unhealthy"]) {
      const alarm = {
        AlarmName,
        EvaluationPeriods: 1,
        ComparisonOperator: "GreaterThanThreshold",
        Threshold: 1,
      } as const;
      await cloudWatch.send(
        new PutMetricAlarmCommand({ ...alarm, Namespace: "T", MetricName: "m", Period: 60, Statistic: "Sum" }),
      );
    }
  }, 60_000);

  afterAll(async () => {
    cloudWatch?.destroy();
    await aws?.stop();
  });

  it("are told by their names, and only those that fire", async () => {
    // GIVEN
    const state = { AlarmName: "green-errors", StateValue: "ALARM", StateReason: "a test" } as const;
    await cloudWatch.send(new SetAlarmStateCommand(state));

    // THEN
    expect(await firingAlarms(["green-errors", "green-unhealthy"], aws.environment)).toEqual(["green-errors"]);
    expect(await firingAlarms(["green-unhealthy"], aws.environment)).toEqual([]);
    expect(await firingAlarms([], {})).toEqual([]);
  });

  it("that do not exist are no good news", async () => {
    await expect(firingAlarms(["green-typo"], aws.environment)).rejects.toMatchObject({
      code: "AlarmsUnreadable",
      message: expect.stringContaining("green-typo"),
    });
  });

  it("that cannot be read are no good news either", async () => {
    const nowhere = { ...aws.environment, AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
    await expect(firingAlarms(["green-errors"], nowhere)).rejects.toMatchObject({ code: "AlarmsUnreadable" });
  });
});
