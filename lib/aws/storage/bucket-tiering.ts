import { S3BucketIntelligentTieringConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-intelligent-tiering-configuration";
import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationConfig,
  type S3BucketLifecycleConfigurationRule,
  type S3BucketLifecycleConfigurationRuleFilter,
} from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { Duration } from "../../core/duration";
import { applyTransform } from "../../core/refactoring";
import type { LifecycleRule } from "../../storage/lifecycle-rule";
import type { IntelligentTieringArchive } from "./intelligent-tiering";
import type { TieredBucketProps } from "./tiered-bucket-props";

/** Creates the children that move objects to colder tiers. */
export function addTiering(
  scope: Construct,
  bucket: string,
  versioning: ITerraformDependable,
  props: TieredBucketProps,
): void {
  const { transform = {}, intelligentTiering } = props;
  const config: S3BucketLifecycleConfigurationConfig = {
    bucket,
    transitionDefaultMinimumObjectSize: props.transitionDefaultMinimumObjectSize ?? "all_storage_classes_128K",
    rule: lifecycleConfigurationRules(props.lifecycleRules ?? [], props.abortIncompleteUploadsAfter),
    // S3 refuses rules about old versions until the bucket is versioned.
    dependsOn: [versioning],
  };
  // All rules can come from the transform.
  const lifecycle = applyTransform(config, transform.lifecycle);
  // S3 refuses a configuration without rules.
  if (!Array.isArray(lifecycle.rule) || lifecycle.rule.length > 0) {
    new S3BucketLifecycleConfiguration(scope, "Lifecycle", lifecycle);
  }
  if (!intelligentTiering) return;
  new S3BucketIntelligentTieringConfiguration(
    scope,
    "IntelligentTiering",
    applyTransform({ bucket, ...intelligentTieringConfig(intelligentTiering) }, transform.intelligentTiering),
  );
}

/** Name of the configuration. A bucket can have several. */
export function intelligentTieringName({ name = "archive" }: IntelligentTieringArchive): string {
  return name;
}

function intelligentTieringConfig(archive: IntelligentTieringArchive) {
  const { prefix, archiveAfter, deepArchiveAfter } = archive;
  const tiering = [
    ...(archiveAfter ? [{ accessTier: "ARCHIVE_ACCESS", days: archiveAfter.toDays() }] : []),
    ...(deepArchiveAfter ? [{ accessTier: "DEEP_ARCHIVE_ACCESS", days: deepArchiveAfter.toDays() }] : []),
  ];
  return { name: intelligentTieringName(archive), filter: prefix === undefined ? undefined : { prefix }, tiering };
}

/** Id of the rule that every bucket gets. */
export const ABORT_INCOMPLETE_UPLOADS = "abort-incomplete-uploads";

/** The rules of `aws_s3_bucket_lifecycle_configuration`: the given rules, and one that removes incomplete uploads. */
function lifecycleConfigurationRules(
  rules: readonly LifecycleRule[],
  abortIncompleteUploadsAfter: Duration | "never" = Duration.days(7),
): S3BucketLifecycleConfigurationRule[] {
  const given = rules.map(lifecycleConfigurationRule);
  if (abortIncompleteUploadsAfter === "never") return given;
  return [
    ...given,
    {
      id: ABORT_INCOMPLETE_UPLOADS,
      status: "Enabled",
      filter: [{ prefix: "" }],
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: abortIncompleteUploadsAfter.toDays() }],
    },
  ];
}

function lifecycleConfigurationRule(rule: LifecycleRule): S3BucketLifecycleConfigurationRule {
  const { transitions, expireAfter, expireNoncurrentVersionsAfter, abortIncompleteUploadsAfter } = rule;
  return {
    id: rule.id,
    status: (rule.enabled ?? true) ? "Enabled" : "Disabled",
    filter: [lifecycleFilter(rule)],
    transition: transitions?.map(({ tier, after }) => ({ days: after.toDays(), storageClass: tier.s3.id })),
    expiration: expireAfter
      ? [{ days: expireAfter.toDays() }]
      : rule.removeExpiredDeleteMarkers
        ? [{ expiredObjectDeleteMarker: true }]
        : undefined,
    noncurrentVersionTransition: rule.noncurrentTransitions?.map(({ tier, after, keepNoncurrentVersions: kept }) => ({
      noncurrentDays: after.toDays(),
      storageClass: tier.s3.id,
      ...(kept !== undefined && { newerNoncurrentVersions: kept }),
    })),
    noncurrentVersionExpiration: expireNoncurrentVersionsAfter && [
      {
        noncurrentDays: expireNoncurrentVersionsAfter.toDays(),
        ...(rule.keepNoncurrentVersions !== undefined && { newerNoncurrentVersions: rule.keepNoncurrentVersions }),
      },
    ],
    abortIncompleteMultipartUpload: abortIncompleteUploadsAfter && [
      { daysAfterInitiation: abortIncompleteUploadsAfter.toDays() },
    ],
  };
}

/**
 * S3 expects a single criterion directly and several in `and`. It refuses a rule without a filter.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRuleFilter.html
 */
function lifecycleFilter(rule: LifecycleRule): S3BucketLifecycleConfigurationRuleFilter {
  const tags = Object.entries(rule.objectTags ?? {});
  const criteria = {
    ...(rule.prefix !== undefined && { prefix: rule.prefix }),
    ...(rule.objectSizeGreaterThan && { objectSizeGreaterThan: rule.objectSizeGreaterThan.toBytes() }),
    ...(rule.objectSizeLessThan && { objectSizeLessThan: rule.objectSizeLessThan.toBytes() }),
  };
  const count = Object.keys(criteria).length + tags.length;
  if (count === 0) return { prefix: "" };
  if (count > 1) return { and: [{ ...criteria, ...(tags.length > 0 && { tags: Object.fromEntries(tags) }) }] };
  return tags.length === 1 ? { tag: tags.map(([key, value]) => ({ key, value })) } : criteria;
}
