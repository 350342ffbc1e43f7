import type { S3BucketNotificationConfig } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import type { IConstruct } from "constructs";
import { report } from "../../core/errors";
import { isUnresolved } from "../../core/tokens";

/** Notifies a queue, a topic or a function of object events. */
export interface BucketNotification {
  /**
   * Type of the target. A queue and a topic must allow `s3.amazonaws.com` to send; a function is given the permission
   * here.
   */
  readonly service: "sqs" | "sns" | "lambda";

  /** ARN of the queue, the topic or the function. */
  readonly targetArn: string;

  /** Events to notify about. */
  readonly events: readonly S3Event[];

  /**
   * Only objects whose key begins with this prefix.
   * @default - any key
   */
  readonly prefix?: string;

  /**
   * Only objects whose key ends with this suffix, such as `.csv`.
   * @default - any key
   */
  readonly suffix?: string;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
export type S3Event =
  | `s3:ObjectCreated:${"*" | "Put" | "Post" | "Copy" | "CompleteMultipartUpload"}`
  | `s3:ObjectRemoved:${"*" | "Delete" | "DeleteMarkerCreated"}`
  | `s3:ObjectRestore:${"*" | "Post" | "Completed" | "Delete"}`
  | `s3:Replication:${"*" | "OperationFailedReplication" | "OperationMissedThreshold" | "OperationReplicatedAfterThreshold" | "OperationNotTracked"}`
  | `s3:LifecycleExpiration:${"*" | "Delete" | "DeleteMarkerCreated"}`
  | "s3:ReducedRedundancyLostObject"
  | "s3:LifecycleTransition"
  | "s3:IntelligentTiering"
  | `s3:ObjectTagging:${"*" | "Put" | "Delete"}`
  | "s3:ObjectAcl:Put";

/**
 * The targets of `aws_s3_bucket_notification`. S3 keeps one configuration per bucket, so all of them are in one
 * resource.
 */
export function notificationTargets(
  notifications: readonly BucketNotification[],
): Pick<S3BucketNotificationConfig, "lambdaFunction" | "queue" | "topic"> {
  const of = (service: BucketNotification["service"]) =>
    notifications
      .filter((notification) => notification.service === service)
      .map(({ targetArn, events, prefix, suffix }) => ({
        arn: targetArn,
        common: { events: [...events], filterPrefix: prefix, filterSuffix: suffix },
      }));
  const some = <Item>(items: Item[]) => (items.length > 0 ? items : undefined);
  return {
    queue: some(of("sqs").map(({ arn, common }) => ({ queueArn: arn, ...common }))),
    topic: some(of("sns").map(({ arn, common }) => ({ topicArn: arn, ...common }))),
    lambdaFunction: some(of("lambda").map(({ arn, common }) => ({ lambdaFunctionArn: arn, ...common }))),
  };
}

/** ARNs of the functions among the targets, without duplicates. S3 needs a permission to call them. */
export function notifiedFunctions(notifications: readonly BucketNotification[]): string[] {
  const functions = notifications.filter(({ service }) => service === "lambda");
  return [...new Set(functions.map(({ targetArn }) => targetArn))];
}

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html (overlapping filters)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html (FIFO)
 * @throws ValidationError `InvalidNotificationTarget`, `FifoNotificationTarget`, `NotificationWithoutEvents`,
 * `NotificationsOverlap`
 */
export function validateNotifications(notifications: readonly BucketNotification[], construct: IConstruct): void {
  notifications.forEach((notification, index) => {
    const { service, targetArn, events } = notification;
    if (!isUnresolved(targetArn) && !new RegExp(`^arn:aws[a-z-]*:${service}:`).test(targetArn)) {
      report(
        construct,
        "InvalidNotificationTarget",
        `targetArn "${targetArn}" is no ARN of service "${service}". S3 notifies sqs, sns and lambda; for anything else set eventBridge: true and make a rule there.`,
      );
    }
    if (!isUnresolved(targetArn) && targetArn.endsWith(".fifo")) {
      report(
        construct,
        "FifoNotificationTarget",
        `"${targetArn}" is first-in-first-out, and S3 notifies none of those. Set eventBridge: true and let a rule feed the queue.`,
      );
    }
    if (events.length === 0) {
      report(
        construct,
        "NotificationWithoutEvents",
        `the notification of "${targetArn}" has no events. Write events: ["s3:ObjectCreated:*"], or remove it.`,
      );
    }
    const other = notifications.slice(0, index).find((earlier) => overlap(earlier, notification));
    if (other) {
      report(
        construct,
        "NotificationsOverlap",
        `the notifications of "${other.targetArn}" and "${targetArn}" can concern the same object and event, which S3 refuses. ` +
          "Give them prefixes or suffixes that exclude each other, or send to a topic that feeds both.",
      );
    }
  });
}

function overlap(a: BucketNotification, b: BucketNotification): boolean {
  const sameEvent = a.events.some((one) => b.events.some((other) => covers(one, other) || covers(other, one)));
  const { prefix: aPrefix = "", suffix: aSuffix = "" } = a;
  const { prefix: bPrefix = "", suffix: bSuffix = "" } = b;
  const samePrefix = aPrefix.startsWith(bPrefix) || bPrefix.startsWith(aPrefix);
  const sameSuffix = aSuffix.endsWith(bSuffix) || bSuffix.endsWith(aSuffix);
  return sameEvent && samePrefix && sameSuffix;
}

function covers(pattern: string, event: string): boolean {
  return pattern === event || (pattern.endsWith("*") && event.startsWith(pattern.slice(0, -1)));
}
