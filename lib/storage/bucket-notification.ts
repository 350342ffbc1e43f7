/** Tells a queue, a topic or a function about what happens to objects. */
export interface BucketNotification {
  /** What is told. A queue and a topic must let `s3.amazonaws.com` send; a function gets the permission here. */
  readonly service: "sqs" | "sns" | "lambda";

  /** ARN of the queue, the topic or the function. */
  readonly targetArn: string;

  /** What to tell about. */
  readonly events: readonly S3Event[];

  /**
   * Only objects whose key begins with this.
   * @default - whatever the key begins with
   */
  readonly prefix?: string;

  /**
   * Only objects whose key ends with this, such as `.csv`.
   * @default - whatever the key ends with
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
