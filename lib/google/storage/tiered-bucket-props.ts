import type { StorageBucketConfig } from "@cdktf/provider-google/lib/storage-bucket";
import type { StorageBucketIamMemberConfig } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import type { StorageNotificationConfig } from "@cdktf/provider-google/lib/storage-notification";
import type { Acknowledgements } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { Adoption, Transform } from "../../core/refactoring";
import type { AccessLogs, TieredBucketBaseProps } from "../../storage/bucket-options";

/** Options of `TieredBucket`. */
export interface TieredBucketProps extends TieredBucketBaseProps {
  /** Name of the bucket, unique in all of Google Cloud. */
  readonly bucketName: string;

  /** Region, dual-region or multi-region: `europe-west3`, `EUR4`, `EU`. */
  readonly location: string;

  /**
   * Project that the bucket belongs to.
   * @default - the project of the provider
   */
  readonly project?: string;

  /**
   * Lets Google move each object by itself, by when it was last read; the rules then delete only.
   * @default - objects move by the rules only
   */
  readonly autoclass?: Autoclass;

  /**
   * How long each object can be neither deleted nor replaced.
   * @default - objects can be deleted
   */
  readonly retention?: RetentionPolicy;

  /**
   * How long what was deleted can be brought back, beside old versions: nothing, or 7 to 90 days.
   * @default Duration.days(7)
   */
  readonly softDeleteRetention?: Duration;

  /**
   * Name of a Cloud KMS key that encrypts the objects: `projects/P/locations/L/keyRings/R/cryptoKeys/K`. The service
   * agent of Cloud Storage must be allowed to use it.
   * @default - encrypted with a key that Google manages
   */
  readonly kmsKeyName?: string;

  /**
   * Whether new objects of a dual-region are in both regions within 15 minutes.
   * @default false
   */
  readonly turboReplication?: boolean;

  /**
   * Where the record of requests goes.
   * @default - requests are not recorded
   */
  readonly accessLogs?: AccessLogs;

  /**
   * Topics that hear about objects. The service agent of Cloud Storage must be allowed to publish.
   * @default - nobody hears about them
   */
  readonly notifications?: readonly TopicNotification[];

  /**
   * Prefixes whose objects an application reads: moving them to a tier where reading costs gets a warning.
   * @default - nothing is known about it
   */
  readonly readAtOnce?: readonly string[];

  /**
   * Whether Terraform takes over a bucket that exists: `true`, or `{ id }` where the provider cannot find it by project
   * and name.
   * @default false
   */
  readonly adopt?: boolean | Adoption;

  /**
   * Labels of the bucket.
   * @default - the labels of the provider only
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Changes what is passed to the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: TieredBucketTransform;
}

/** @see https://cloud.google.com/storage/docs/autoclass */
export interface Autoclass {
  /** The coldest class that an object goes to. */
  readonly coldest: "NEARLINE" | "ARCHIVE";
}

/** @see https://cloud.google.com/storage/docs/bucket-lock */
export interface RetentionPolicy {
  /** From the upload on: 1 second to 100 years. */
  readonly retentionPeriod: Duration;

  /**
   * Whether nobody can ever shorten or remove the policy again. Needs a reason for `LockedRetentionWithoutReason`.
   * Terraform: `is_locked`.
   * @default false
   */
  readonly locked?: boolean;

  /**
   * Why the policy must be locked.
   * @default - a locked policy is refused
   */
  readonly acknowledge?: Acknowledgements<"LockedRetentionWithoutReason">;
}

/** Tells a Pub/Sub topic what happens to objects. */
export interface TopicNotification {
  /** Name of the topic: `projects/P/topics/T`. */
  readonly topic: string;

  /**
   * What to tell about.
   * @default - everything
   */
  readonly events?: ReadonlyArray<"OBJECT_FINALIZE" | "OBJECT_METADATA_UPDATE" | "OBJECT_DELETE" | "OBJECT_ARCHIVE">;

  /**
   * Only objects whose name begins with this.
   * @default - whatever the name begins with
   */
  readonly prefix?: string;
}

/** One hook for each kind of resource of `TieredBucket`. */
export interface TieredBucketTransform {
  /** @default - unchanged */
  readonly bucket?: Transform<StorageBucketConfig>;
  /** @default - unchanged */
  readonly notification?: Transform<StorageNotificationConfig>;
  /** @default - unchanged */
  readonly grant?: Transform<StorageBucketIamMemberConfig>;
}
