/** Something that moto lacks or gets wrong for Terraform's AWS provider 5.100. */
export interface Gap {
  /** Service, as in the credential scope of a signature. */
  readonly service: string;

  /** Operation or resource that is affected. */
  readonly name: string;

  /** What moto 5.2 does. */
  readonly what: string;

  /** What the stand-in does instead. */
  readonly filled: string;
}

/** Every gap that the stand-in fills. What is not listed here is moto itself, or refused with 501. */
export const GAPS: readonly Gap[] = [
  {
    service: "*",
    name: "actions that moto does not know",
    what: "answers with an HTML page and 500 or 404, which Terraform's provider retries 25 times: it hangs",
    filled: "501 NotImplemented in the protocol of the service, which is not retried, and a line on stderr",
  },
  {
    service: "s3",
    name: "unknown sub-resources",
    what: "fall through to the bucket or object itself: `DELETE ?inventory` deletes the bucket",
    filled: "501 NotImplemented",
  },
  {
    service: "s3",
    name: "IntelligentTiering, Analytics, Metrics and Inventory configurations",
    what: "no or incomplete handlers (see unknown sub-resources)",
    filled: "kept verbatim, listed, and gone with their bucket",
  },
  {
    service: "s3",
    name: "BucketLifecycleConfiguration",
    what: "drops `Filter.And`, object sizes, newer noncurrent versions and the minimum object size",
    filled: "moto checks it, the document and header that were put are given back",
  },
  {
    service: "s3",
    name: "BucketNotificationConfiguration",
    what: "drops `EventBridgeConfiguration`",
    filled: "moto checks it, the document that was put is given back",
  },
  {
    service: "s3",
    name: "BucketPolicy",
    what: "enforces a statement without looking at its `Condition`: a policy that denies requests without TLS denies all",
    filled: "kept verbatim and never enforced",
  },
  {
    service: "s3",
    name: "BucketRequestPayment",
    what: "no handler (see unknown sub-resources)",
    filled: "kept verbatim; the owner pays until it is put",
  },
  {
    service: "s3",
    name: "PutObject, CompleteMultipartUpload and DeleteObject with If-Match or If-None-Match",
    what: "looks at the condition and writes in two steps, between which another request can write",
    filled: "writes of one object are passed to moto one at a time",
  },
  {
    service: "application-autoscaling",
    name: "ListTagsForResource",
    what: "no handler",
    filled: "no tags",
  },
  {
    service: "ecs",
    name: "services",
    what: "drops `availabilityZoneRebalancing`, `enableECSManagedTags` and the grace period of health checks; no task runs",
    filled: "they are given back, and as many tasks as desired run at once",
  },
  {
    service: "backup",
    name: "tags of vaults and plans",
    what: "no handlers for what was tagged at its creation",
    filled: "kept, listed and changed by ARN",
  },
  {
    service: "backup",
    name: "UpdateBackupPlan and backup selections",
    what: "no handlers",
    filled: "kept as they were put; a plan that was updated is given back as it is now",
  },
];
