import { CloudSchedulerJob } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import type { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { applyTransform } from "../core/transform";
import type { GoogleRotatingSecretProps } from "./google-rotating-secret-props";
import { OVERDUE_CHECK } from "./rotator/google/rotation-message";

/** What the alert of a rotation is made from. */
export interface GoogleRotationAlertProps {
  /** Name of the rotation function. */
  readonly functionName: string;
  readonly topic: PubsubTopic;
  readonly secret: GoogleRotatingSecretProps;
}

/**
 * An alert on errors in the log of a rotation function, which is asked once a day whether its secret is overdue, and
 * answers with an error then: Cloud Monitoring notices an absence of 23.5 hours at most.
 */
export class GoogleRotationAlert extends Construct {
  constructor(scope: Construct, id: string, { functionName, topic, secret }: GoogleRotationAlertProps) {
    super(scope, id);
    const { project, region, secretName, notificationChannels = [], transform } = secret;
    const daily = {
      name: functionName,
      project,
      region,
      description: `Asks every day whether the rotation of ${secretName} is overdue`,
      schedule: "0 6 * * *",
      timeZone: "Etc/UTC",
      pubsubTarget: { topicName: topic.id, attributes: { eventType: OVERDUE_CHECK } },
    };
    new CloudSchedulerJob(this, "Daily", applyTransform(daily, transform?.overdueCheck));
    const alert = {
      project,
      displayName: `${secretName}: a rotation failed or is overdue`,
      combiner: "OR",
      notificationChannels: [...notificationChannels],
      documentation: {
        content:
          `The log of the function ${functionName} says why. ` +
          `By hand, in the folder of the project: sterna secrets rotate projects/${project}/secrets/${secretName} ` +
          `--stack ${TerraformStack.of(this).node.id}`,
      },
      conditions: [
        {
          displayName: "an error in the log of the rotation function",
          conditionMatchedLog: {
            filter: `resource.type="cloud_run_revision" AND resource.labels.service_name="${functionName}" AND severity>=ERROR`,
          },
        },
      ],
      // Both are required of alerts that read logs, or useful to them: a failing rotation is tried again for a day.
      alertStrategy: { notificationRateLimit: { period: "3600s" }, autoClose: "86400s" },
    };
    new MonitoringAlertPolicy(this, "Alert", applyTransform(alert, transform?.alert));
  }
}
