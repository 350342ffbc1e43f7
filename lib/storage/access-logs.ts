import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";

/** Where the record of every request to a bucket goes. */
export interface AccessLogs {
  /** Name of the bucket that gets the logs. It must let the cloud's log service write, and must not be this one. */
  readonly bucketName: string;

  /**
   * What the keys of the logs begin with.
   * @default - the name of the logged bucket and a slash
   */
  readonly prefix?: string;
}

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html (a bucket that logs into itself)
 * @throws ValidationError `LogsIntoItself`
 */
export function validateAccessLogs(logs: AccessLogs, bucketName: string, construct: IConstruct): void {
  if (isUnresolved(logs.bucketName) || logs.bucketName !== bucketName) return;
  throw new ValidationError(
    "LogsIntoItself",
    `accessLogs.bucketName is "${bucketName}" itself: each log that is written would be logged again. Name another bucket.`,
    construct,
  );
}
