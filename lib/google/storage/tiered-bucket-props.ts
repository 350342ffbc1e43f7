import type { StorageBucketConfig } from "@cdktf/provider-google/lib/storage-bucket";
import type { StorageBucketIamMemberConfig } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import type { StorageNotificationConfig } from "@cdktf/provider-google/lib/storage-notification";
import type { Acknowledgements } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { Adoption, Transform } from "../../core/refactoring";
import type { AccessLogs, TieredBucketBaseProps } from "../../storage/bucket-options";

/** Options of `TieredBucket`. */
export interface TieredBucketProps extends TieredBucketBaseProps {
  /** Name of the bucket, globally unique. */
  readonly bucketName: string;

  /** Region, dual-region or multi-region: `europe-west3`, `EUR4`, `EU`. */
  readonly location: string;

  /**
   * The two regions of a configurable dual-region within `location`: `["US-EAST1", "US-WEST1"]` in `US`. Changing them
   * replaces the bucket. Terraform: `custom_placement_config.data_locations`.
   * @default - Google chooses the regions of a multi-region
   * @see https://cloud.google.com/storage/docs/locations#location-dr
   */
  readonly dualRegion?: readonly string[];

  /**
   * Whether replaced and deleted objects are kept as old versions. `true` with `retention` causes a warning.
   * @default true, `false` with `retention`
   */
  readonly versioned?: boolean;

  /**
   * Project that the bucket belongs to.
   * @default - the project of the provider
   */
  readonly project?: string;

  /**
   * Lets Google move each object by when it was last read. Lifecycle rules can then only delete.
   * @default - only lifecycle rules move objects
   */
  readonly autoclass?: Autoclass;

  /**
   * How long each object can be neither deleted nor replaced.
   * @default - objects can be deleted
   */
  readonly retention?: RetentionPolicy;

  /**
   * How long deleted objects can be restored, independent of old versions: 0 (not at all), or 7 to 90 days.
   * @default Duration.days(7)
   */
  readonly softDeleteRetention?: Duration;

  /**
   * Name of a Cloud KMS key that encrypts the objects: `projects/P/locations/L/keyRings/R/cryptoKeys/K`. The service
   * agent of Cloud Storage must be allowed to use it.
   * @default - encrypted with a Google-managed key
   */
  readonly kmsKeyName?: string;

  /**
   * Whether new objects in a dual-region are replicated to both regions within 15 minutes.
   * @default false
   */
  readonly turboReplication?: boolean;

  /**
   * Where Cloud Storage logs requests.
   * @default - requests are not logged
   */
  readonly accessLogs?: AccessLogs;

  /**
   * Topics that receive a message for each object event. The service agent of Cloud Storage must be allowed to publish.
   * @default - no notifications
   */
  readonly notifications?: readonly TopicNotification[];

  /**
   * Prefixes whose objects an application reads: moving them to a tier with a retrieval price causes a warning.
   * @default - none
   */
  readonly readAtOnce?: readonly string[];

  /**
   * Whether Terraform adopts an existing bucket: `true`, or `{ id }` if the provider cannot find it by project and
   * name.
   * @default false
   */
  readonly adopt?: boolean | Adoption;

  /**
   * Labels of the bucket.
   * @default - the labels of the provider only
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Changes the configuration of the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: TieredBucketTransform;
}

/** @see https://cloud.google.com/storage/docs/autoclass */
export interface Autoclass {
  /** The coldest class that objects move to. */
  readonly coldest: "NEARLINE" | "ARCHIVE";
}

/** @see https://cloud.google.com/storage/docs/bucket-lock */
export interface RetentionPolicy {
  /** Counted from the upload: 1 second to 100 years. */
  readonly retentionPeriod: Duration;

  /**
   * Whether the policy is locked: it can never be shortened or removed. Needs a reason for `LockedRetentionWithoutReason`.
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

/** Sends object events to a Pub/Sub topic. */
export interface TopicNotification {
  /** Name of the topic: `projects/P/topics/T`. */
  readonly topic: string;

  /**
   * Events that are sent.
   * @default - all
   */
  readonly events?: ReadonlyArray<"OBJECT_FINALIZE" | "OBJECT_METADATA_UPDATE" | "OBJECT_DELETE" | "OBJECT_ARCHIVE">;

  /**
   * Only objects whose name begins with this prefix.
   * @default - any name
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
