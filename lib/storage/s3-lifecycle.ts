import type {
  S3BucketLifecycleConfigurationRule,
  S3BucketLifecycleConfigurationRuleFilter,
} from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { Duration } from "../core/duration";
import type { LifecycleRule } from "./lifecycle-rule";

/** Id of the rule that every bucket gets. */
export const ABORT_INCOMPLETE_UPLOADS = "abort-incomplete-uploads";

/** The rules of `aws_s3_bucket_lifecycle_configuration`: those given, and one that clears away incomplete uploads. */
export function lifecycleConfigurationRules(
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
    noncurrentVersionTransition: rule.noncurrentTransitions?.map(({ tier, after }) => ({
      noncurrentDays: after.toDays(),
      storageClass: tier.s3.id,
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
 * S3 wants one criterion by itself and several in `and`; a rule without a filter it refuses.
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
