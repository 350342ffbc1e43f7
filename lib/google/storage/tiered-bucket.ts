import { StorageBucket, type StorageBucketConfig } from "@cdktf/provider-google/lib/storage-bucket";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import { StorageNotification } from "@cdktf/provider-google/lib/storage-notification";
import { Construct } from "constructs";
import { isAcknowledged } from "../../core/acknowledge";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import {
  adoptResource,
  keepMovedResources,
  applyTransform,
  refuseTransformsWithoutChild,
} from "../../core/refactoring";
import { warnOfCosts } from "../../storage/cost-warnings";
import { GCS_LIFECYCLE_OWNERS, refuseOtherLifecycleOwners } from "../../storage/lifecycle-owners";
import { gcsLifecycleRules, validateBlockCount } from "./lifecycle";
import type { TieredBucketProps, TieredBucketTransform } from "./tiered-bucket-props";
import { isVersioned, validateTieredBucket } from "./tiered-bucket-validation";
import { collect } from "../../core/errors";

/**
 * A Google Cloud Storage bucket that moves objects to colder, cheaper tiers with age: no public access, uniform access,
 * encrypted, versioned, deleted objects kept for a week, and protected from destruction.
 *
 * Emits `google_storage_bucket`, `google_storage_notification` for each topic and `google_storage_bucket_iam_member`
 * for each grant. Whatever Google Cloud would refuse at apply is refused at synthesis.
 */
export class TieredBucket extends Construct {
  /** The bucket. */
  readonly resource: StorageBucket;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/storage.md` */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TieredBucketProps,
  ) {
    super(scope, id);
    checkProps(this, "google/TieredBucketProps", props);
    const { lifecycleRules = [], readAtOnce = [], transform = {} } = props;
    const lifecycleRule = collect(this, () => {
      validateTieredBucket(props, this);
      const blocks = gcsLifecycleRules(lifecycleRules, props.abortIncompleteUploadsAfter);
      validateBlockCount(blocks.length, this);
      return blocks;
    });
    const config = { ...googleBucketConfig(props), lifecycleRule };
    this.resource = new StorageBucket(this, "Resource", applyTransform(config, transform.bucket));
    this.addNotifications();

    if (props.adopt) adoptResource(this.resource, typeof props.adopt === "object" ? props.adopt.id : this.importId());
    keepMovedResources(this, props.previously ?? []);
    refuseOtherLifecycleOwners(this, props.bucketName, GCS_LIFECYCLE_OWNERS);
    warnOfCosts({ lifecycleRules, readAtOnce, costOf: (tier) => tier.gcs }, this);
    refuseTransformsWithoutChild(this, transform, TRANSFORMED_CHILDREN);
  }

  /** Name of the bucket. Known at plan. */
  get bucketName(): string {
    return this.resource.name;
  }

  /** `gs://` and the name. Known after apply. */
  get bucketUrl(): string {
    return this.resource.url;
  }

  /**
   * Allows a member to list and read objects.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param member such as `serviceAccount:app@project.iam.gserviceaccount.com`
   * @param prefix only objects whose name begins with this prefix; all when omitted
   */
  grantRead(id: string, member: string, prefix?: string): StorageBucketIamMember {
    return this.grant(id, "roles/storage.objectViewer", member, prefix);
  }

  /**
   * Allows a member to create objects, but not to read, replace or delete them. On Google Cloud, replacing requires
   * permission to delete: see `grantReadWrite`.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param member such as `serviceAccount:app@project.iam.gserviceaccount.com`
   * @param prefix only objects whose name begins with this prefix; all when omitted
   */
  grantWrite(id: string, member: string, prefix?: string): StorageBucketIamMember {
    return this.grant(id, "roles/storage.objectCreator", member, prefix);
  }

  /**
   * Allows a member to list, read, create, replace and delete objects: no role of Google Cloud replaces without
   * deleting.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param member such as `serviceAccount:app@project.iam.gserviceaccount.com`
   * @param prefix only objects whose name begins with this prefix; all when omitted
   */
  grantReadWrite(id: string, member: string, prefix?: string): StorageBucketIamMember {
    return this.grant(id, "roles/storage.objectUser", member, prefix);
  }

  private grant(id: string, role: string, member: string, prefix?: string): StorageBucketIamMember {
    const bucket = this.bucketName;
    // Listing is a request on the bucket, not on an object, and a grant's condition cannot read the prefix of a list.
    const condition = prefix && {
      title: `objects under ${prefix}`,
      expression:
        `resource.type == "storage.googleapis.com/Bucket" || ` +
        `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${prefix}")`,
    };
    const config = { bucket, role, member, ...(condition && { condition }) };
    return new StorageBucketIamMember(this, `Grant-${id}`, applyTransform(config, this.props.transform?.grant));
  }

  private addNotifications(): void {
    const { notifications = [], transform } = this.props;
    notifications.forEach(({ topic, events, prefix }, index) => {
      const config = {
        bucket: this.bucketName,
        topic,
        payloadFormat: "JSON_API_V1",
        eventTypes: events && [...events],
        objectNamePrefix: prefix,
      };
      new StorageNotification(this, `Notification-${index}`, applyTransform(config, transform?.notification));
    });
  }

  /** @see https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/storage_bucket#import */
  private importId(): string {
    const { project, bucketName } = this.props;
    return project === undefined ? bucketName : `${project}/${bucketName}`;
  }
}

/** Which children each transform changes. */
const TRANSFORMED_CHILDREN: Readonly<Record<keyof TieredBucketTransform, RegExp>> = {
  bucket: /^Resource$/,
  notification: /^Notification-/,
  grant: /^Grant-/,
};

/** The configuration of `google_storage_bucket`, without the lifecycle. */
function googleBucketConfig(props: TieredBucketProps): StorageBucketConfig {
  const {
    autoclass,
    retention,
    accessLogs,
    kmsKeyName,
    corsRules = [],
    softDeleteRetention: softDelete = Duration.days(7),
  } = props;
  return {
    name: props.bucketName,
    location: props.location,
    project: props.project,
    labels: props.labels,
    // The class of new objects. The lifecycle moves them to colder ones.
    storageClass: "STANDARD",
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    forceDestroy: props.forceDestroy ?? false,
    versioning: { enabled: isVersioned(props) },
    ...(props.dualRegion && { customPlacementConfig: { dataLocations: [...props.dualRegion] } }),
    softDeletePolicy: { retentionDurationSeconds: softDelete.toSeconds() },
    ...(autoclass && { autoclass: { enabled: true, terminalStorageClass: autoclass.coldest } }),
    ...(retention && {
      retentionPolicy: {
        retentionPeriod: retention.retentionPeriod.toSeconds(),
        isLocked: retention.locked ?? false,
      },
    }),
    ...(kmsKeyName !== undefined && { encryption: { defaultKmsKeyName: kmsKeyName } }),
    ...(accessLogs && { logging: { logBucket: accessLogs.bucketName, logObjectPrefix: accessLogs.prefix } }),
    ...(props.turboReplication && { rpo: "ASYNC_TURBO" }),
    cors: corsRules.length === 0 ? undefined : corsRules.map(corsBlock),
    lifecycle: { preventDestroy: !isAcknowledged(props.acknowledge, "DestroyWithoutReason") },
  };
}

function corsBlock(rule: NonNullable<TieredBucketProps["corsRules"]>[number]) {
  return {
    origin: [...rule.allowedOrigins],
    method: [...rule.allowedMethods],
    responseHeader: rule.exposedHeaders && [...rule.exposedHeaders],
    maxAgeSeconds: (rule.maxAge ?? Duration.hours(1)).toSeconds(),
  };
}
