import { SternaError } from "../../core/sterna-error";
import { awsSettings } from "../../engine/objects/aws-settings";

/**
 * Which of some CloudWatch alarms are in the state ALARM. The region and the credentials are those of the environment.
 *
 * @throws SternaError `AlarmsUnreadable`, also when one of the alarms does not exist
 */
export async function firingAlarms(names: readonly string[], variables: NodeJS.ProcessEnv): Promise<string[]> {
  if (names.length === 0) return [];
  const { CloudWatchClient, DescribeAlarmsCommand } = await import("@aws-sdk/client-cloudwatch");
  const client = new CloudWatchClient(awsSettings(variables, "CLOUDWATCH"));
  try {
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [...names] }));
    const missing = names.filter((name) => !MetricAlarms.some(({ AlarmName }) => AlarmName === name));
    if (missing.length > 0) {
      throw new SternaError(
        "AlarmsUnreadable",
        `CloudWatch has no alarm ${missing.join(", ")}: was the phase applied, and are region and account those of the environment?`,
      );
    }
    return MetricAlarms.filter(({ StateValue }) => StateValue === "ALARM").map(({ AlarmName }) => AlarmName!);
  } catch (cause) {
    if (cause instanceof SternaError) throw cause;
    throw new SternaError("AlarmsUnreadable", `the alarms cannot be read: ${(cause as Error).message}`, { cause });
  } finally {
    client.destroy();
  }
}
